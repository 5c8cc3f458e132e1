"""
What may be said over HTTP, per request: pure.

GET of a declared path, in one exact shape: no body, no credentials, no cookies, one request a
connection.  A path that sounds like a command is refused even when it is declared: many devices
act on a GET.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from collectors.allowed.permissions import Permissions

COMMANDS = ("logout", "reset", "reboot", "restart", "save", "clear", "cgi")
MOST_OCTETS = 4_096
MOST_UNQUOTING = 4

_TARGET = re.compile(r"/[!-~]*", re.ASCII)
_HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_VALUE = re.compile(rb"[!-~]([ -~]*[!-~])?")
_NAMES = frozenset({b"host", b"connection", b"user-agent", b"accept", b"accept-encoding"})


def path_fault(path: str) -> str | None:
    """Why a path may not even be declared, or None when it may; for the configuration too."""
    if not _TARGET.fullmatch(path):
        return f"{path!r} is no path; write one that begins with / and has no space in it"
    if "#" in path:
        return f"{path!r} has a fragment, which is never sent; leave it out"
    plain = path
    for _ in range(MOST_UNQUOTING):
        plain = unquote(plain, errors="replace")
    for word in COMMANDS:
        if word in plain.casefold():
            return f"{path!r} sounds like a command ({word}); devices act on such a GET"
    return None


def judge(permits: Permissions, request: bytes) -> str | None:
    """Why a request may not be sent, or None when it may."""
    head, end, body = request.partition(b"\r\n\r\n")
    if not end or body or len(request) > MOST_OCTETS:
        return "it is not one whole HTTP request without a body"
    first, *lines = head.split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or words[0] != b"GET" or words[2] != b"HTTP/1.1":
        return f"{first[:40]!r} is not on the allow-list"
    path = words[1].decode("latin-1")
    if path not in permits.paths:
        return f"path {path[:80]!r} is not declared"
    return path_fault(path) or _fields(lines)


def _fields(lines: list[bytes]) -> str | None:
    given: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b": ")
        name = name.lower()
        if not colon or name not in _NAMES or name in given or not _VALUE.fullmatch(value):
            return f"header line {line[:40]!r} is not on the allow-list"
        given[name] = value
    if not _HOST.fullmatch(given.get(b"host", b"")):
        return "it names no host"
    if given.get(b"connection", b"").lower() != b"close":
        return "it does not close its connection"
    return None
