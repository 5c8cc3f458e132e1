"""What may be said over RFB (RFC 6143, 7.1.1): one of three version lines, and nothing after: pure."""

from __future__ import annotations

from collectors.allowed.permissions import Permissions

VERSIONS = {
    (3, 3): b"RFB 003.003\n",
    (3, 7): b"RFB 003.007\n",
    (3, 8): b"RFB 003.008\n",
}
SIZE = 12


def judge(_: Permissions, message: bytes) -> str | None:
    """Why a message may not be sent, or None when it may."""
    if message in VERSIONS.values():
        return None
    return "of VNC only the line of versions 3.3, 3.7 and 3.8 is on the allow-list"


def first(held: bytes) -> int:
    """How many octets the first message of a direction has; 0 while it is not whole."""
    return SIZE if len(held) >= SIZE else 0
