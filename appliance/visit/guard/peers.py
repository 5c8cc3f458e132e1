"""
Who may command a running daemon: more people may stop it than start it.

Whoever reaches the control socket may hold and look; to start again, to trust, to visit needs
root, the daemon's own user, or membership of the operators' group.
"""

from __future__ import annotations

import grp
import os
import pwd
import socket
import struct
from dataclasses import dataclass, field

OPERATORS = "upheld-operators"
FOR_ALL = frozenset({"hold", "status", "matrix"})

_SO_PEERGROUPS = 59  # Linux 4.13; the socket module does not name it


@dataclass(frozen=True)
class Peer:
    """The process at the other end of the socket, as the kernel names it."""

    uid: int
    gid: int
    groups: frozenset[int] = field(default_factory=frozenset)

    @property
    def who(self) -> str:
        """Their name where the system knows one, for the record."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"uid {self.uid}"


def may(command: str, peer: Peer, *, own: int, operators: int | None) -> str | None:
    """
    Why this peer may not give this command; None when he may.

    `own` is the daemon's user id, `operators` the group's id, None where there is no such group.
    """
    if command in FOR_ALL or peer.uid in (0, own):
        return None
    if operators is not None and operators in {peer.gid, *peer.groups}:
        return None
    return f"{command} needs root or membership of the group {OPERATORS}; hold is open to you"


def operators_group() -> int | None:
    try:
        return grp.getgrnam(OPERATORS).gr_gid
    except KeyError:
        return None


def peer_of(connection: socket.socket) -> Peer:
    """The peer of a Unix socket as it was when it connected.  Raises `OSError`."""
    size = struct.calcsize("3i")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, uid, gid = struct.unpack("3i", raw)
    return Peer(uid & 0xFFFFFFFF, gid & 0xFFFFFFFF, _groups(connection))


def _groups(connection: socket.socket) -> frozenset[int]:
    try:
        raw = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 4 * 1024)
    except OSError:
        # Without the list only the first group counts: fewer may start, as many may stop.
        return frozenset()
    return frozenset(struct.unpack(f"{len(raw) // 4}I", raw))


def myself() -> Peer:
    """This process, for commands given without a daemon."""
    return Peer(os.getuid(), os.getgid(), frozenset(os.getgroups()))
