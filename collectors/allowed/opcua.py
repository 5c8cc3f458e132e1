"""
What may be said over OPC UA (OPC 10000-4 and -6), per request, before it is encrypted: pure.

Hello; a channel issued once, for at most a minute; GetEndpoints, FindServers; a session of at most
the permitted length with an anonymous, user name or certificate identity; Read; Browse of permitted
nodes, one level; and the two ways to close.  Every request is read to its last octet.
"""

from __future__ import annotations

from collections.abc import Callable

from collectors.allowed.opcua_binary import Reader
from collectors.allowed.permissions import Permissions

CHANNEL_LIFETIME_MS = 60_000
MOST_READ = 100
MOST_REFERENCES = 100

_IDENTITIES = {
    "i=321": "AnonymousIdentityToken",
    "i=324": "UserNameIdentityToken",
    "i=327": "X509IdentityToken",
}
_VALUE_ATTRIBUTES = range(1, 28)


def hello(message: bytes) -> str | None:
    """Why a first message may not be sent: it is no Hello; None when it may (10000-6, 7.1.2.3)."""
    if message[:4] != b"HELF" or int.from_bytes(message[4:8], "little") != len(message):
        return "it is not one Hello"
    reader = Reader(message[8:])
    try:
        reader.take(20)
        url = reader.octets()
        reader.end()
    except ValueError as error:
        return f"it is not one Hello: {error}"
    return None if url is None or len(url) <= 4_096 else "its Hello is too long"


def judge(permits: Permissions, request: bytes) -> str | None:
    """Why an encoded request structure may not be sent, or None when it may."""
    reader = Reader(request)
    try:
        kind = reader.node()
        if kind not in _REQUESTS:
            return f"request type {kind} is not on the allow-list"
        _header(reader)
        why = _REQUESTS[kind][1](permits, reader)
        if why is None:
            reader.end()
    except ValueError as error:
        return f"it cannot be read: {error}"
    return why


def judge_name(request: str) -> str | None:
    """The same by the name of the structure alone, for one that is not yet encoded."""
    return None if request in NAMES else f"{request} is not on the allow-list"


def _header(reader: Reader) -> None:
    reader.node()
    reader.moment()
    for _ in range(2):
        reader.uint32()
    reader.string()
    reader.uint32()
    if reader.extension() != ("i=0", None):
        raise ValueError("its header carries an extension")


def _open_channel(_: Permissions, reader: Reader) -> str | None:
    _version, kind, mode = reader.uint32(), reader.uint32(), reader.uint32()
    reader.octets()
    lifetime = reader.uint32()
    if kind != 0 or mode not in (1, 2, 3):
        return "a channel is issued, and never renewed"
    if lifetime > CHANNEL_LIFETIME_MS:
        return f"a channel for {lifetime} ms is asked for too long"
    return None


def _close_channel(_: Permissions, __: Reader) -> str | None:
    return None


def _endpoints(_: Permissions, reader: Reader) -> str | None:
    reader.string()
    reader.array(reader.string)
    reader.array(reader.string)
    return None


def _create_session(permits: Permissions, reader: Reader) -> str | None:
    reader.string()
    reader.string()
    reader.localized()
    kind = reader.uint32()
    reader.string()
    reader.string()
    reader.array(reader.string)
    for _ in range(3):
        reader.string()
    reader.octets()
    reader.octets()
    timeout = reader.double()
    reader.uint32()
    if kind != 1:
        return "we are a client"
    if not 0 < timeout <= permits.session_ms:
        return f"a session of {timeout:g} ms is asked for, {permits.session_ms} are permitted"
    return None


def _signature(reader: Reader) -> None:
    reader.string()
    reader.octets()


def _activate_session(_: Permissions, reader: Reader) -> str | None:
    _signature(reader)
    if reader.array(lambda: _signature(reader)):
        return "software certificates are not on the allow-list"
    reader.array(reader.string)
    kind, body = reader.extension()
    _signature(reader)
    if kind not in _IDENTITIES or body is None:
        return f"an identity of type {kind} is not on the allow-list"
    return _identity(kind, Reader(body))


def _identity(kind: str, token: Reader) -> str | None:
    token.string()
    if kind == "i=324":
        token.string()
        token.octets()
        token.string()
    elif kind == "i=327":
        token.octets()
    token.end()
    return None


def _close_session(_: Permissions, reader: Reader) -> str | None:
    return None if reader.boolean() else "a session is closed with all that belongs to it"


def _read(_: Permissions, reader: Reader) -> str | None:
    age, stamps = reader.double(), reader.uint32()

    def wanted() -> bool:
        reader.node()
        attribute, part, coding = reader.uint32(), reader.string(), reader.qualified()
        return attribute in _VALUE_ATTRIBUTES and part is None and coding == (0, None)

    rows = reader.array(wanted)
    if age < 0 or stamps > 3 or not all(rows):
        return "its Read asks for no attribute, or for a part of one"
    if len(rows) > MOST_READ:
        return f"{len(rows)} values are too many for one Read"
    return None


def _browse(permits: Permissions, reader: Reader) -> str | None:
    view = reader.node(), reader.moment(), reader.uint32()
    most = reader.uint32()

    def wanted() -> tuple[str, int]:
        row = reader.node(), reader.uint32()
        reader.node()
        reader.boolean()
        reader.uint32()
        reader.uint32()
        return row

    rows = reader.array(wanted)
    if view[0] != "i=0":
        return "views are not on the allow-list"
    if not 1 <= most <= MOST_REFERENCES or not rows:
        return f"a Browse of {len(rows)} nodes for {most} references is not on the allow-list"
    for node, direction in rows:
        if node not in permits.browse or direction != 0:
            return f"browsing {node} in direction {direction} is not permitted"
    return None


# OPC 10000-6, A.3: the node ids of the requests' binary encodings.
_REQUESTS: dict[str, tuple[str, Callable[[Permissions, Reader], str | None]]] = {
    "i=422": ("FindServersRequest", _endpoints),
    "i=428": ("GetEndpointsRequest", _endpoints),
    "i=446": ("OpenSecureChannelRequest", _open_channel),
    "i=452": ("CloseSecureChannelRequest", _close_channel),
    "i=461": ("CreateSessionRequest", _create_session),
    "i=467": ("ActivateSessionRequest", _activate_session),
    "i=473": ("CloseSessionRequest", _close_session),
    "i=527": ("BrowseRequest", _browse),
    "i=631": ("ReadRequest", _read),
}
NAMES = frozenset(name for name, _ in _REQUESTS.values())
