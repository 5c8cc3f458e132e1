"""HTTP requests decoded by h11 as a server, and the same questions asked of what it found."""

from __future__ import annotations

import h11

from collectors.allowed import Permissions

COMMANDS = (b"logout", b"reset", b"reboot", b"restart", b"save", b"clear", b"cgi")
HARMLESS = {b"host", b"connection", b"user-agent", b"accept", b"accept-encoding"}


def allowed(permits: Permissions, data: bytes) -> bool:
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    try:
        request, end = server.next_event(), server.next_event()
    except h11.RemoteProtocolError:
        return False
    if not isinstance(request, h11.Request) or not isinstance(end, h11.EndOfMessage):
        return False
    names = [name for name, _ in request.headers]
    target = bytes(request.target)
    return (
        request.method == b"GET"
        and request.http_version == b"1.1"
        and target.decode("latin-1") in permits.paths
        and not any(word in target.lower() for word in COMMANDS)
        and set(names) <= HARMLESS
        and len(names) == len(set(names))
        and server.trailing_data[0] == b""
        and server.their_state is h11.MUST_CLOSE
    )
