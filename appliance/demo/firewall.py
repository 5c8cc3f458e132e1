"""
A firewall in a box: a socket filter that drops packets of sources without a permit.

A classic BPF program (Linux, SO_ATTACH_FILTER) needs no privilege.  What it drops was never seen:
no reset, no answer, exactly what a dropping firewall looks like from outside.
"""

from __future__ import annotations

import ctypes
import ipaddress
import socket
import struct
from typing import Protocol

# linux/filter.h and linux/bpf_common.h
SO_ATTACH_FILTER = 26
LOAD_WORD = 0x20
JUMP_IF_EQUAL = 0x15
RETURN = 0x06
NETWORK_HEADER = 0xFFF00000
IPV4_SOURCE = 12
WHOLE_PACKET = 0xFFFFFFFF


class Filterable(Protocol):
    """A socket, or what asyncio shows of one."""

    def setsockopt(self, level: int, option: int, value: bytes, /) -> None: ...


def permit_only(sock: Filterable, sources: tuple[str, ...]) -> None:
    """
    Drop every IPv4 packet to this socket whose source is not listed.

    A connection accepted later inherits the filter.  Raises `OSError` where the kernel has none.
    """
    program = [(LOAD_WORD, 0, 0, NETWORK_HEADER + IPV4_SOURCE)]
    for nth, source in enumerate(sources):
        to_accept = len(sources) - nth
        program.append((JUMP_IF_EQUAL, to_accept, 0, int(ipaddress.IPv4Address(source))))
    program += [(RETURN, 0, 0, 0), (RETURN, 0, 0, WHOLE_PACKET)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    sock.setsockopt(
        socket.SOL_SOCKET,
        SO_ATTACH_FILTER,
        struct.pack("HL", len(program), ctypes.addressof(code)),
    )


def bound(
    address: str, port: int, sources: tuple[str, ...] | None, kind: int = socket.SOCK_STREAM
) -> socket.socket:
    """A bound socket with the filter already on; None lets everybody in.  Raises `OSError`."""
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
