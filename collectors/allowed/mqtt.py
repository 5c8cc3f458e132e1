"""
What may be said over MQTT 3.1.1, per packet: pure.

CONNECT without user, password or will, with a clean session and a name that says who we are; and
DISCONNECT.  There is no PUBLISH and no SUBSCRIBE.
"""

from __future__ import annotations

import re

from collectors.allowed.permissions import Permissions

CONNECT, DISCONNECT = 0x10, b"\xe0\0"
# 3.1.1, 3.1.2: the name, level 4, clean session alone, the longest silence in seconds.
KEEP_ALIVE = 30
HEADER = b"\0\4MQTT\4\2" + KEEP_ALIVE.to_bytes(2, "big")
_NAME = re.compile(rb"upheld-probe-[0-9a-z]{10}")
_MOST_SIZE = 127


def connect(name: bytes) -> bytes:
    body = HEADER + len(name).to_bytes(2, "big") + name
    return bytes((CONNECT, len(body))) + body


def judge(_: Permissions, message: bytes) -> str | None:
    """Why a packet may not be sent, or None when it may."""
    if message == DISCONNECT:
        return None
    if len(message) < 2 or message[1] > _MOST_SIZE or message[1] != len(message) - 2:
        return "it is not one whole MQTT packet"
    if message[0] != CONNECT:
        return f"packet type {message[0] >> 4} is not on the allow-list"
    name = message[2 + len(HEADER) + 2 :]
    if message != connect(name) or not _NAME.fullmatch(name):
        return "its CONNECT is not ours: no user, no password, no will, a clean session"
    return None


def first(held: bytes) -> int:
    """How many octets the first packet of a direction has; 0 while it is not whole."""
    if len(held) < 2:
        return 0
    size = 2 + (held[1] & 0x7F)
    return size if size <= len(held) else 0
