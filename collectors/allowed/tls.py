"""
What may leave as TLS records, flight by flight: pure.

A ClientHello of our shapes; an empty Certificate, ClientKeyExchange, ChangeCipherSpec and Finished;
close_notify.  What is encrypted is judged by its size here, and before it is encrypted where it is
more than the end of a handshake (HTTP, Modbus and MQTT over TLS).
"""

from __future__ import annotations

from collectors.allowed.permissions import Permissions

_SWITCH, _ALERT, _HANDSHAKE, _SEALED = 20, 21, 22, 23
_CLIENT_HELLO, _CERTIFICATE, _KEY_EXCHANGE = 1, 11, 16
_EMPTY_CERTIFICATE = b"\x0b\0\0\x03\0\0\0"
_CLOSE_NOTIFY = b"\x01\0"
LONGEST_FINISH = 96
LONGEST_KEY_EXCHANGE = 2_100
LONGEST_RECORD = 16_384 + 256
# supported_groups, point formats, signature algorithms, padding, encrypt-then-MAC, extended master
# secret, ticket, versions, cookie, PSK modes, key share, renegotiation.  Not among them: a name
# (0), early data (42), a pre-shared key (41), heartbeat (15).
_EXTENSIONS = frozenset({10, 11, 13, 21, 22, 23, 35, 43, 44, 45, 51, 65281})


def judge(_: Permissions, flight: bytes) -> str | None:
    """Why these records may not be sent where nothing is said beyond the handshake."""
    return _flight(flight, LONGEST_FINISH)


def judge_with_data(_: Permissions, flight: bytes) -> str | None:
    """As `judge`, where messages judged before their encryption follow."""
    return _flight(flight, LONGEST_RECORD)


def _flight(flight: bytes, longest: int) -> str | None:
    switched = False
    if not flight:
        return "there is nothing to send"
    while flight:
        kind, major, size = flight[0], flight[1:2], int.from_bytes(flight[3:5], "big")
        content, flight = flight[5 : 5 + size], flight[5 + size :]
        if major != b"\x03" or not size or len(content) != size:
            return "it is not whole TLS records"
        if why := _record(kind, content, longest, switched=switched):
            return why
        switched = switched or kind == _SWITCH
    return None


def _record(kind: int, content: bytes, longest: int, *, switched: bool) -> str | None:
    if kind == _SWITCH:
        return None if content == b"\x01" and not switched else "a malformed ChangeCipherSpec"
    if kind == _SEALED:
        return None if len(content) <= longest else f"{len(content)} encrypted octets are too many"
    if kind == _ALERT:
        # A clear alert has two octets; a longer one is encrypted, and only close_notify is made.
        fits = content == _CLOSE_NOTIFY or 2 < len(content) <= LONGEST_FINISH
        return None if fits else f"alert {content[:2].hex(' ')} is not on the allow-list"
    if kind != _HANDSHAKE:
        return f"record type {kind} is not on the allow-list"
    if switched and len(content) <= LONGEST_FINISH:
        return None
    # RFC 8446, D.4: a second ClientHello may stand behind a ChangeCipherSpec.
    return _messages(content)


def _messages(content: bytes) -> str | None:
    while content:
        kind, size = content[0], int.from_bytes(content[1:4], "big")
        message, content = content[: 4 + size], content[4 + size :]
        if len(message) != 4 + size:
            return "it is not whole handshake messages"
        if kind == _CLIENT_HELLO:
            why = _hello(message[4:]) or ("something follows its ClientHello" if content else None)
        elif kind == _CERTIFICATE:
            why = None if message == _EMPTY_CERTIFICATE else "a client certificate is never sent"
        elif kind == _KEY_EXCHANGE:
            why = None if size <= LONGEST_KEY_EXCHANGE else "its ClientKeyExchange is too long"
        else:
            why = f"handshake message {kind} is not on the allow-list"
        if why:
            return why
    return None


def _hello(body: bytes) -> str | None:
    """RFC 5246, 7.4.1.2: lengths and counts use up the message to its last octet."""
    if len(body) < 35 or body[0] != 3 or body[1] > 3 or body[34] not in (0, 32):
        return "a malformed ClientHello"
    rest = body[35 + body[34] :]
    size = int.from_bytes(rest[:2], "big")
    suites, rest = rest[2 : 2 + size], rest[2 + size :]
    if not suites or size % 2 or len(suites) != size or rest[:2] != b"\x01\0":
        return "a malformed ClientHello"
    rest = rest[2:]
    if not rest:
        return None
    if len(rest) != 2 + int.from_bytes(rest[:2], "big"):
        return "a malformed ClientHello"
    return _extensions(rest[2:])


def _extensions(rest: bytes) -> str | None:
    seen = set()
    while rest:
        number, size = int.from_bytes(rest[:2], "big"), int.from_bytes(rest[2:4], "big")
        if len(rest) < 4 + size or number in seen:
            return "a malformed ClientHello"
        if number not in _EXTENSIONS:
            return f"extension {number} of a ClientHello is not on the allow-list"
        seen.add(number)
        rest = rest[4 + size :]
    return None
