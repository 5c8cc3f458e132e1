"""
A firewall in a box: listening sockets that drop connection attempts of sources without a permit.

No privilege is needed: a TCP-MD5 key (RFC 2385) set for a source makes the kernel drop whatever
comes from it unsigned, without a reset, exactly what a dropping firewall looks like from outside.
Socket filters would be the plainer way, but newer kernels keep those from ordinary users on TCP.
"""

from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Network
from typing import Protocol

# linux/tcp.h
TCP_MD5SIG_EXT = 32
WITH_PREFIX = 1
# Nobody signs with it; the key only has to be there.
KEY = b"closed"


class Guardable(Protocol):
    """A socket, or what asyncio shows of one."""

    def setsockopt(self, level: int, option: int, value: bytes, /) -> None: ...


def permit_only(sock: Guardable, sources: tuple[str, ...]) -> None:
    """
    Let a listening TCP socket hear the listed IPv4 sources and nobody else.

    Raises `OSError` where the kernel knows no TCP-MD5.
    """
    closed = [IPv4Network("0.0.0.0/0")]
    for source in sources:
        host = IPv4Network(source)
        closed = [
            part
            for network in closed
            for part in (network.address_exclude(host) if host.subnet_of(network) else (network,))
        ]
    for network in closed:
        sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG_EXT, _key_for(network))


def bound(
    address: str, port: int, sources: tuple[str, ...] | None, kind: int = socket.SOCK_STREAM
) -> socket.socket:
    """A bound socket, guarded already; sources None lets everybody in.  Raises `OSError`."""
    sock = socket.socket(socket.AF_INET, kind)
    try:
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((address, port))
        if sources is not None:
            permit_only(sock, sources)
    except BaseException:
        sock.close()
        raise
    return sock


def walls(address: str, ports: tuple[int, ...]) -> list[socket.socket]:
    """
    Ports behind the firewall that nothing listens on.

    Without them the loopback network itself would answer with a reset, past the firewall.
    """
    standing: list[socket.socket] = []
    try:
        for port in ports:
            sock = bound(address, port, ())
            standing.append(sock)
            sock.listen()
    except BaseException:
        for sock in standing:
            sock.close()
        raise
    return standing


def _key_for(network: IPv4Network) -> bytes:
    """A struct tcp_md5sig: a whole sockaddr_storage, flags, prefix, key length, interface, key."""
    host = struct.pack("HH4s120x", socket.AF_INET, 0, network.network_address.packed)
    return host + struct.pack("BBHi80s", WITH_PREFIX, network.prefixlen, len(KEY), 0, KEY)
