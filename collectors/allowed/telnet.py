"""What may be said over telnet: nothing at all, not even an answer to an option: pure."""

from __future__ import annotations

from collectors.allowed.permissions import Permissions


def judge(_: Permissions, __: bytes) -> str | None:
    """Why a message may not be sent: always."""
    return "a telnet server is listened to and never spoken to"


def first(held: bytes) -> int:
    """How many octets the first message of a direction has."""
    return len(held)
