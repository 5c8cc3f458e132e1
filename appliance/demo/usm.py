"""
The user-based security model, as an agent with one user sees it (RFC 3414, 3826, 7860).

SHA-256 and AES-128 only.  A request below authPriv is refused with a Report.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from appliance.demo import ber

AUTH, PRIV, REPORTABLE = 0x01, 0x02, 0x04
MODEL = 3
DIGEST = 24
WINDOW_SECONDS = 150
MOST_BYTES = 65_507
REPORT = 0xA8

STATS: ber.Oid = (1, 3, 6, 1, 6, 3, 15, 1, 1)
UNSUPPORTED_LEVEL, NOT_IN_WINDOW, UNKNOWN_USER = 1, 2, 3
UNKNOWN_ENGINE, WRONG_DIGEST, DECRYPTION = 4, 5, 6


@dataclass(frozen=True)
class Request:
    """A version 3 message taken apart; `at` is where its digest stands in `whole`."""

    whole: bytes
    id: bytes
    flags: int
    engine: bytes
    boots: int
    time: int
    user: bytes
    digest: bytes
    salt: bytes
    at: int
    payload: bytes


@dataclass
class Usm:
    """One engine with one user.  Keys are derived on first use: a megabyte of hashing each."""

    engine: bytes
    user: bytes
    auth: bytes
    priv: bytes
    boots: int = 1
    started: float = field(default_factory=time.monotonic)
    counts: dict[int, int] = field(default_factory=dict)

    def handle(self, message: bytes, answer: Callable[[bytes], bytes | None]) -> bytes | None:
        """
        The message that answers a message; `answer` maps a request PDU to a response PDU.

        Raises `ValueError` for what is malformed.
        """
        request = take_apart(message)
        fault = self._fault(request)
        if fault is not None:
            return self._report(request, fault, sign=fault == NOT_IN_WINDOW)
        try:
            scoped, _ = ber.expect(self._decrypted(request), ber.SEQUENCE)
            context_engine, rest = ber.expect(scoped, ber.OCTETS)
            context, pdu = ber.expect(rest, ber.OCTETS)
        except ValueError:
            return self._report(request, DECRYPTION, sign=True)
        response = answer(pdu)
        if response is None:
            return None
        plain = ber.sequence((ber.octets(context_engine), ber.octets(context), response))
        return self._message(request, AUTH | PRIV, plain)

    @property
    def now(self) -> int:
        """Seconds since the engine booted."""
        return int(time.monotonic() - self.started)

    def _fault(self, request: Request) -> int | None:
        """In the order of RFC 3414, 3.2."""
        if request.engine != self.engine:
            return UNKNOWN_ENGINE
        if request.user != self.user:
            return UNKNOWN_USER
        if request.flags & (AUTH | PRIV) != AUTH | PRIV:
            return UNSUPPORTED_LEVEL
        end = request.at + DIGEST
        blank = request.whole[: request.at] + bytes(DIGEST) + request.whole[end:]
        if not hmac.compare_digest(request.digest, self._sign(blank)):
            return WRONG_DIGEST
        if request.boots != self.boots or abs(request.time - self.now) > WINDOW_SECONDS:
            return NOT_IN_WINDOW
        return None

    def _report(self, request: Request, fault: int, *, sign: bool) -> bytes | None:
        self.counts[fault] = self.counts.get(fault, 0) + 1
        if not request.flags & REPORTABLE:
            return None
        counter = ber.integer(self.counts[fault], ber.COUNTER)
        binding = ber.sequence((ber.oid((*STATS, fault, 0)), counter))
        pdu = ber.sequence(
            (ber.integer(0), ber.integer(0), ber.integer(0), ber.sequence((binding,))), REPORT
        )
        scoped = ber.sequence((ber.octets(self.engine), ber.octets(b""), pdu))
        return self._message(request, AUTH if sign else 0, scoped)

    def _message(self, request: Request, flags: int, scoped: bytes) -> bytes:
        boots, now, salt = self.boots, self.now, b""
        payload = scoped
        if flags & PRIV:
            salt = secrets.token_bytes(8)
            cipher = self._cipher(boots, now, salt).encryptor()
            payload = ber.octets(cipher.update(scoped) + cipher.finalize())

        def whole(digest: bytes) -> bytes:
            security = ber.sequence(
                (
                    ber.octets(self.engine),
                    ber.integer(boots),
                    ber.integer(now),
                    ber.octets(request.user),
                    ber.octets(digest),
                    ber.octets(salt),
                )
            )
            header = ber.sequence(
                (
                    ber.element(ber.INTEGER, request.id),
                    ber.integer(MOST_BYTES),
                    ber.octets(bytes((flags,))),
                    ber.integer(MODEL),
                )
            )
            return ber.sequence((ber.integer(3), header, ber.octets(security), payload))

        return whole(self._sign(whole(bytes(DIGEST)))) if flags & AUTH else whole(b"")

    def _decrypted(self, request: Request) -> bytes:
        secret, _ = ber.expect(request.payload, ber.OCTETS)
        if len(request.salt) != 8:
            raise ValueError("a salt has 8 octets")
        cipher = self._cipher(request.boots, request.time, request.salt).decryptor()
        return cipher.update(secret) + cipher.finalize()

    def _cipher(self, boots: int, now: int, salt: bytes) -> Cipher[CFB]:
        start = boots.to_bytes(4, "big") + now.to_bytes(4, "big") + salt
        return Cipher(AES(self._priv_key), CFB(start))

    def _sign(self, message: bytes) -> bytes:
        return hmac.digest(self._auth_key, message, "sha256")[:DIGEST]

    @cached_property
    def _auth_key(self) -> bytes:
        return localized(self.auth, self.engine)

    @cached_property
    def _priv_key(self) -> bytes:
        return localized(self.priv, self.engine)[:16]


def localized(password: bytes, engine: bytes) -> bytes:
    """RFC 3414, A.2: a key of this engine alone, from a password of at least 8 octets."""
    megabyte = (password * (1_048_576 // len(password) + 1))[:1_048_576]
    key = sha256(megabyte).digest()
    return sha256(key + engine + key).digest()


def take_apart(message: bytes) -> Request:
    """Raises `ValueError` for what is not a version 3 message of this security model."""
    body, _ = ber.expect(message, ber.SEQUENCE)
    _, body = ber.expect(body, ber.INTEGER)
    header, body = ber.expect(body, ber.SEQUENCE)
    number, header = ber.expect(header, ber.INTEGER)
    _, header = ber.expect(header, ber.INTEGER)
    flags, header = ber.expect(header, ber.OCTETS)
    model, _ = ber.expect(header, ber.INTEGER)
    security, payload = ber.expect(body, ber.OCTETS)
    if ber.to_int(model) != MODEL or len(flags) != 1:
        raise ValueError("not the user-based security model")
    fields, _ = ber.expect(security, ber.SEQUENCE)
    engine, fields = ber.expect(fields, ber.OCTETS)
    boots, fields = ber.expect(fields, ber.INTEGER)
    at_time, fields = ber.expect(fields, ber.INTEGER)
    user, fields = ber.expect(fields, ber.OCTETS)
    digest, after = ber.expect(fields, ber.OCTETS)
    salt, _ = ber.expect(after, ber.OCTETS)
    # Counted from the end, because every length before it is known only by having been read.
    at = len(message) - len(payload) - len(after) - len(digest)
    return Request(
        message,
        number,
        flags[0],
        engine,
        ber.to_int(boots),
        ber.to_int(at_time),
        user,
        digest,
        salt,
        at,
        payload,
    )
