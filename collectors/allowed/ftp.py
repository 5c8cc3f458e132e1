"""What may be said over FTP (RFC 959, RFC 4217): four exact lines, none of which moves a file: pure."""

from __future__ import annotations

from collectors.allowed.permissions import Permissions

AUTH, USER, PASS, QUIT = (
    b"AUTH TLS\r\n",
    b"USER anonymous\r\n",
    b"PASS upheld@upheld.invalid\r\n",
    b"QUIT\r\n",
)
LINES = frozenset({AUTH, USER, PASS, QUIT})


def judge(_: Permissions, message: bytes) -> str | None:
    """Why a message may not be sent, or None when it may."""
    if message in LINES:
        return None
    return f"{message[:40]!r} is not on the allow-list"


def first(held: bytes) -> int:
    """How many octets the first message of a direction has; 0 while it is not whole."""
    return held.find(b"\n") + 1
