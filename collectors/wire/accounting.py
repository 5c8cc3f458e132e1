"""What one connection costs its device, by the kernel's own count."""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from contextlib import suppress
from typing import Protocol

# struct tcp_info of linux/tcp.h: tcpi_state (its first octet) and tcpi_segs_out.
_ESTABLISHED, _CLOSED, _CLOSE_WAIT = 1, 7, 8
_SEGS_OUT = 136
MSS = 1_400


class SomeSocket(Protocol):
    """What a socket and asyncio's view of one have in common."""

    def fileno(self) -> int: ...
    def getsockopt(self, level: int, name: int, buflen: int, /) -> bytes: ...
    def setsockopt(self, level: int, name: int, value: bytes, /) -> None: ...
    def shutdown(self, how: int, /) -> None: ...


def segments(sock: SomeSocket) -> int:
    """Segments sent so far, repeated ones included; 0 when the kernel does not tell."""
    info = _info(sock)
    return int(struct.unpack_from("I", info, _SEGS_OUT)[0]) if len(info) >= _SEGS_OUT + 4 else 0


def opened(sock: SomeSocket) -> bool:
    """Whether the connection was made, even if the peer has closed it since."""
    return _info(sock)[:1] in (bytes([_ESTABLISHED]), bytes([_CLOSE_WAIT]))


def segments_of(octets: int) -> int:
    """How many segments so many octets take."""
    return max(1, -(-octets // MSS))


def unacknowledged(sock: SomeSocket) -> int:
    """Octets the kernel would send again, a FIN counted as one; 0 for a closed connection."""
    if _info(sock)[:1] == bytes([_CLOSED]):
        return 0
    try:
        held = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
    except (OSError, ValueError):
        return 0
    return int(struct.unpack("i", held)[0])


def will_reset(sock: SomeSocket) -> None:
    """From now on closing it sends a reset and leaves nothing for the kernel to repeat."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _info(sock: SomeSocket) -> bytes:
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    except OSError:
        return b""
