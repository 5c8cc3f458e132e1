"""
What may be said over NTP (RFC 5905), per datagram: pure.

One client packet of version 4 that holds nothing but a random transmit timestamp.  Modes 6 and 7,
which control servers, are not here.
"""

from __future__ import annotations

from collectors.allowed.permissions import Permissions

SIZE = 48
HEAD = b"\x23" + bytes(39)
"""Leap 0, version 4, mode 3; every field empty up to the transmit timestamp."""
_MODES = {6: "control", 7: "private"}


def judge(_: Permissions, datagram: bytes) -> str | None:
    """Why a datagram may not be sent, or None when it may."""
    if datagram[:40] == HEAD and len(datagram) == SIZE and any(datagram[40:]):
        return None
    mode = datagram[0] & 7 if datagram else 0
    if mode != HEAD[0] & 7:
        return f"mode {mode} ({_MODES.get(mode, 'not a client')}) is not on the allow-list"
    return "it is not our client packet of 48 octets"
