"""
ClientHellos that offer one thing only, and what a server says first to them: pure.

Made by hand because a TLS library no longer offers what a server must no longer accept.  Layouts:
RFC 5246 (7.4.1), RFC 6101 for SSL 3.0; suites: the IANA registry.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from checks.facts.tls import TlsVersion

NUMBERS: Mapping[TlsVersion, int] = {
    TlsVersion.SSL3: 0x0300,
    TlsVersion.TLS10: 0x0301,
    TlsVersion.TLS11: 0x0302,
    TlsVersion.TLS12: 0x0303,
    TlsVersion.TLS13: 0x0304,
}
VERSIONS = {number: version for version, number in NUMBERS.items()}

WEAK: Mapping[str, tuple[int, ...]] = {
    "NULL": (0x0001, 0x0002, 0x003B, 0xC001, 0xC006, 0xC00B, 0xC010),
    "EXPORT": (0x0003, 0x0006, 0x0008, 0x000B, 0x000E, 0x0011, 0x0014, 0x0062, 0x0063, 0x0064,
               0x0065),
    "RC4": (0x0004, 0x0005, 0xC002, 0xC007, 0xC00C, 0xC011),
    "DES": (0x0009, 0x000C, 0x000F, 0x0012, 0x0015),
    "3DES": (0x000A, 0x000D, 0x0010, 0x0013, 0x0016, 0xC003, 0xC008, 0xC00D, 0xC012),
    "anonymous": (0x0017, 0x0018, 0x0019, 0x001A, 0x001B, 0x0034, 0x003A, 0x006C, 0x006D, 0x00A6,
                  0x00A7, 0xC015, 0xC016, 0xC017, 0xC018, 0xC019),
}  # fmt: skip
# Whatever a server of those days could do, so that a refusal is the version's.
_OF_THEIR_DAYS = (
    0xC00A, 0xC009, 0xC014, 0xC013, 0x0039, 0x0033, 0x0038, 0x0032, 0x0035, 0x002F, 0x0088, 0x0045,
    0x0084, 0x0041, 0x0096, 0x0007,
)  # fmt: skip
OLD = (*_OF_THEIR_DAYS, *(suite for group in WEAK.values() for suite in group))
# Those that take no signature of the server: it may fail to sign for an old version it still speaks.
KEY_TRANSPORT = (
    0x0035, 0x002F, 0x0084, 0x0041, 0x0096, 0x0007, 0x000A, 0x0005, 0x0004, 0x0009, 0x003B, 0x0002,
    0x0001, 0x0062, 0x0064, 0x0008, 0x0006, 0x0003,
)  # fmt: skip
# RFC 5746: says that we know secure renegotiation, where an extension could not be understood.
_RENEGOTIATION = 0x00FF

HANDSHAKE, ALERT = 22, 21
CLIENT_HELLO, SERVER_HELLO = 1, 2
CLOSE_NOTIFY = 0
LONGEST_RECORD = 16_384 + 2_048
LONGEST_HELLO = 4_096
MOST_WARNINGS = 4

ALERTS: Mapping[int, str] = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow",
    40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
    43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
    46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied",
    50: "decode_error", 51: "decrypt_error", 60: "export_restriction", 70: "protocol_version",
    71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback",
    90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
    110: "unsupported_extension", 112: "unrecognized_name", 115: "unknown_psk_identity",
    116: "certificate_required", 120: "no_application_protocol",
}  # fmt: skip


def alert_name(number: int) -> str:
    return ALERTS.get(number, f"alert {number}")


def client_hello(version: TlsVersion, suites: tuple[int, ...], random: bytes) -> bytes:
    """One record that offers `version` at most and these suites; `random` is 32 octets."""
    number = NUMBERS[version]
    # RFC 5246, E.1: the record says TLS 1.0 at most, or old servers drop it unread.
    outside = min(number, 0x0301)
    offered = (*suites, _RENEGOTIATION)
    body = struct.pack(">H", number) + random + b"\0"
    body += _sized(2, b"".join(struct.pack(">H", suite) for suite in offered)) + b"\x01\0"
    if version is not TlsVersion.SSL3:
        body += _sized(2, _extensions(version))
    message = bytes((CLIENT_HELLO,)) + _sized(3, body)
    return struct.pack(">BH", HANDSHAKE, outside) + _sized(2, message)


def close_notify(number: int) -> bytes:
    """The clear alert that ends what a ServerHello of this version began."""
    return struct.pack(">BHH", ALERT, number, 2) + b"\x01\x00"


def _sized(octets: int, content: bytes) -> bytes:
    return len(content).to_bytes(octets, "big") + content


def _extension(number: int, content: bytes) -> bytes:
    return struct.pack(">H", number) + _sized(2, content)


def _extensions(version: TlsVersion) -> bytes:
    groups = b"".join(struct.pack(">H", group) for group in (29, 23, 24, 25))
    made = _extension(10, _sized(2, groups)) + _extension(11, b"\x01\0")
    if version is TlsVersion.TLS12:
        pairs = ((4, 3), (4, 1), (5, 3), (5, 1), (6, 3), (6, 1), (2, 3), (2, 1), (2, 2), (8, 4))
        made += _extension(13, _sized(2, b"".join(bytes(pair) for pair in pairs)))
    return made


@dataclass(frozen=True)
class Answer:
    """What a server said first: the version and suite it chose, or the alert it ended with."""

    version: TlsVersion | None = None
    suite: int = 0
    alert: int | None = None


@dataclass
class Heard:
    """Reads the records that answer one ClientHello, however they are cut."""

    version: TlsVersion
    suites: tuple[int, ...]
    _records: bytearray = field(default_factory=bytearray)
    _alerts: bytearray = field(default_factory=bytearray)
    _handshake: bytearray = field(default_factory=bytearray)
    _warnings: int = 0

    def feed(self, data: bytes) -> Answer | None:
        """The answer as soon as it is whole.  Raises `ValueError` for what is no TLS."""
        self._records += data
        while (record := self._record()) is not None:
            kind, content = record
            into = self._alerts if kind == ALERT else self._handshake
            into += content
            if answer := self._alert() or self._hello():
                return answer
        return None

    def _record(self) -> tuple[int, bytes] | None:
        head = bytes(self._records[:5])
        if head[:1] and (head[0] not in (ALERT, HANDSHAKE) or head[1:2] not in (b"", b"\x03")):
            raise ValueError(f"the answer begins {head.hex(' ')}, which is no TLS")
        if len(head) < 5:
            return None
        size = int.from_bytes(head[3:5], "big")
        if not 0 < size <= LONGEST_RECORD:
            raise ValueError(f"a record of {size} octets")
        if len(self._records) < 5 + size:
            return None
        content = bytes(self._records[5 : 5 + size])
        del self._records[: 5 + size]
        return head[0], content

    def _alert(self) -> Answer | None:
        while len(self._alerts) >= 2:
            level, number = self._alerts[0], self._alerts[1]
            del self._alerts[:2]
            if level not in (1, 2):
                raise ValueError(f"an alert of level {level}")
            if level == 2 or number == CLOSE_NOTIFY:
                return Answer(alert=number)
            self._warnings += 1
            if self._warnings > MOST_WARNINGS:
                raise ValueError("nothing but warnings")
        return None

    def _hello(self) -> Answer | None:
        held = self._handshake
        if not held:
            return None
        if held[0] != SERVER_HELLO:
            raise ValueError(f"handshake message {held[0]} where a ServerHello is due")
        size = int.from_bytes(held[1:4], "big")
        if len(held) < 4:
            return None
        if not 38 <= size <= LONGEST_HELLO:
            raise ValueError(f"a ServerHello of {size} octets")
        if len(held) < 4 + size:
            return None
        return self._chosen(bytes(held[4 : 4 + size]))

    def _chosen(self, body: bytes) -> Answer:
        number, session = int.from_bytes(body[:2], "big"), body[34]
        rest = body[35 + session :]
        if session > 32 or len(rest) < 3:
            raise ValueError("a ServerHello whose lengths do not add up")
        if len(rest) > 3 and len(rest) != 5 + int.from_bytes(rest[3:5], "big"):
            raise ValueError("a ServerHello whose extensions do not add up")
        suite = int.from_bytes(rest[:2], "big")
        if number not in VERSIONS or number > NUMBERS[self.version]:
            raise ValueError(f"a ServerHello of version {number:#06x}, which was not offered")
        if suite not in self.suites or rest[2] != 0:
            raise ValueError(f"a ServerHello with suite {suite:#06x}, which was not offered")
        return Answer(version=VERSIONS[number], suite=suite)
