"""
Sockets of ours: our source address, and a source port of a range that operations know.

Ports are taken in turn from a random start, so that a device does not see the same one again
soon: not after a restart, and not while it may remember the last connection from it.
"""

from __future__ import annotations

import errno
import secrets
import socket
from collections.abc import Iterator

from collectors.errors import NoWayOut
from collectors.wire.target import Target

SOURCE_PORTS = range(40_000, 41_000)

_next: dict[range, int] = {}


def sockets(target: Target, kind: socket.SocketKind, ports: range) -> Iterator[socket.socket]:
    """
    Bound sockets, one after the other, each from another port; whoever takes one closes it.

    Raises `NoWayOut` when the source address is not ours, or when no port is left.
    """
    for _ in range(len(ports)):
        port = _in_turn(ports)
        # From a port to itself, a connection would be one with ourselves.
        if port != target.port and (sock := _bound(target, kind, port)) is not None:
            yield sock
    raise NoWayOut(
        target,
        f"none of our source ports {ports.start}-{ports.stop - 1} is free; "
        "another program uses them, or too many connections were made in a minute",
    )


def _in_turn(ports: range) -> int:
    at = _next.get(ports, secrets.randbelow(len(ports)))
    _next[ports] = (at + 1) % len(ports)
    return ports[at]


def _bound(target: Target, kind: socket.SocketKind, port: int) -> socket.socket | None:
    """None when another socket has the port."""
    six = ":" in target.address
    sock = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
    sock.setblocking(False)
    try:
        if kind is socket.SOCK_STREAM:
            # A port whose last connection rests in TIME_WAIT is free for another device.  Not so
            # with datagrams: two sockets on one port would take each other's answers.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((target.source or ("::" if six else "0.0.0.0"), port))  # noqa: S104  outgoing
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            return None
        whose = f"our source address {target.source}" if target.source else "a source port"
        raise NoWayOut(target, f"{whose} cannot be used: {error.strerror}") from error
    return sock
