"""An SNMPv3 agent in memory that signs and encrypts (RFC 3414, RFC 3826, RFC 7860)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from random import Random

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from gufo.snmp import Sha256Key

from collectors.allowed import element
from collectors.credentials import SnmpUser
from collectors.snmp_keys import master_key
from tests.devices.snmp_peers import oid, parts, tlv
from tests.fuzz.hostile import broken
from tests.fuzz.memory import Says

USER = SnmpUser("monitor", "SHA-256", "auth secret 1", "AES-128", "priv secret 1")
ENGINE = bytes.fromhex("80001f8804") + b"fuzz"
BOOTS, TIME = 3, 1_000
_DIGEST = 24
_UNKNOWN_ENGINE, _UNSUPPORTED_LEVEL = "1.3.6.1.6.3.15.1.1.4.0", "1.3.6.1.6.3.15.1.1.1.0"
_GET, _RESPONSE, _REPORT = 0xA0, 0xA2, 0xA8
_NO_SUCH, _END = b"\x80\0", b"\x82\0"
PASSED = 3


def _number(value: int) -> bytes:
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


class Speaker:
    """
    One conversation; `plain` are the scoped PDUs it answered with, `answered` whether with values.

    `inside`: that answer is spoilt before it is signed, by somebody who holds the keys.
    """

    def __init__(self, held: Mapping[bytes, bytes], *, strict: bool, inside: int) -> None:
        self._held, self._strict, self._inside = held, strict, inside
        self.plain: list[bytes] = []
        self.answered = False
        self.level = 0
        self._user = b""
        self._auth = Sha256Key.get_localized_key(master_key(USER), ENGINE)
        secret = Sha256Key.get_master_key(USER.priv_secret.encode())
        self._priv = Sha256Key.get_localized_key(secret, ENGINE)[:16]

    def __call__(self, datagram: bytes) -> bytes:
        if not datagram:
            return b""
        (_, version), *rest = parts(parts(datagram)[0][1])
        if version != b"\3":
            return b""
        (_, header), (_, security), (tag, data) = rest
        number, _, flags, _ = parts(header)
        engine, boots, time, self._user, _, salt = (
            value for _, value in parts(parts(security)[0][1])
        )
        level = flags[1][0] & 3
        if not engine:
            return self._report(number[1], _UNKNOWN_ENGINE)
        if self._strict and level != PASSED:
            return self._report(number[1], _UNSUPPORTED_LEVEL)
        scoped = tlv(tag, data)
        if level == PASSED:
            scoped = self._cipher(boots, time, salt).decryptor().update(data)
        self.level, self.answered = level, True
        return self._message(number[1], level, self._scoped(scoped))

    def _scoped(self, asked: bytes) -> bytes:
        # What was encrypted may have been filled up.
        pdu_tag, content = parts(element(asked)[1])[2]
        (_, number), _, _, (_, listed) = parts(content)
        names = [parts(row)[0][1] for _, row in parts(listed)]
        rows = b"".join(
            tlv(0x30, tlv(6, name) + (self._held.get(name, _NO_SUCH) if pdu_tag == _GET else _END))
            for name in names
        )
        pdu = tlv(_RESPONSE, tlv(2, number) + _number(0) * 2 + tlv(0x30, rows))
        told = tlv(0x30, tlv(4, ENGINE) + tlv(4, b"") + pdu)
        self.plain.append(told)
        if len(self.plain) == self._inside:
            told = self.plain[-1] = broken(Random(told), told) or b"\0"
        return told

    def _message(self, number: bytes, level: int, scoped: bytes) -> bytes:
        salt = len(self.plain).to_bytes(8, "big") if level == PASSED else b""
        data = scoped
        if level == PASSED:
            cipher = self._cipher(BOOTS.to_bytes(4, "big"), TIME.to_bytes(4, "big"), salt)
            data = tlv(4, cipher.encryptor().update(scoped))
        digest = bytes(_DIGEST) if level & 1 else b""
        unsigned = self._framed(number, level, digest, salt, data)
        if not digest:
            return unsigned
        signed = hmac.digest(self._auth, unsigned, "sha256")[:_DIGEST]
        return unsigned.replace(digest, signed, 1)

    def _framed(self, number: bytes, level: int, digest: bytes, salt: bytes, data: bytes) -> bytes:
        header = tlv(0x30, tlv(2, number) + _number(65_507) + tlv(4, bytes([level])) + _number(3))
        security = tlv(4, ENGINE) + _number(BOOTS) + _number(TIME) + tlv(4, self._user)
        security += tlv(4, digest) + tlv(4, salt)
        return tlv(0x30, _number(3) + header + tlv(4, tlv(0x30, security)) + data)

    def _report(self, number: bytes, name: str) -> bytes:
        row = tlv(0x30, tlv(6, oid(name)) + tlv(0x41, b"\1"))
        pdu = tlv(_REPORT, _number(0) * 3 + tlv(0x30, row))
        return self._framed(number, 0, b"", b"", tlv(0x30, tlv(4, ENGINE) + tlv(4, b"") + pdu))

    def _cipher(self, boots: bytes, time: bytes, salt: bytes) -> Cipher[CFB]:
        vector = boots.rjust(4, b"\0")[-4:] + time.rjust(4, b"\0")[-4:] + salt
        return Cipher(algorithms.AES(self._priv), CFB(vector))


def speaker(held: Mapping[str, bytes], *, strict: bool, inside: int = 0) -> Callable[[], Says]:
    """`strict`: below authPriv it answers with a Report."""
    coded = {oid(name): value for name, value in held.items()}
    return lambda: Speaker(coded, strict=strict, inside=inside)
