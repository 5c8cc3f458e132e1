"""Broken flights of TLS servers: nothing is completed, trusted or refused that was not."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from checks.facts.tls import TlsAnswer, TlsTrust
from collectors import tls
from collectors.allowed import tls as allowed
from collectors.credentials import Trust
from collectors.errors import HungUp
from tests.fuzz.hostile import broken, outcome, row, series, target

NOW = datetime.now(UTC)


def made(folder, key):
    """A self-signed certificate and its key in one file, and its fingerprint."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fuzz")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{type(key).__name__}.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return file, certificate.fingerprint(hashes.SHA256()).hex()


@dataclass(frozen=True)
class Variant:
    context: ssl.SSLContext
    pin: str
    demands: bool


@pytest.fixture(scope="module")
def variants(tmp_path_factory):
    """TLS 1.2 and 1.3, signed and by key transport, with and without a demand."""
    folder = tmp_path_factory.mktemp("fuzz")
    curve = made(folder, ec.generate_private_key(ec.SECP256R1()))
    old = made(folder, rsa.generate_private_key(public_exponent=65537, key_size=2048))
    found = []
    for version, (file, pin), suites in (
        (ssl.TLSVersion.TLSv1_3, curve, ""),
        (ssl.TLSVersion.TLSv1_2, curve, ""),
        (ssl.TLSVersion.TLSv1_2, old, "AES128-SHA256:@SECLEVEL=0"),
    ):
        for demands in (False, True):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = context.maximum_version = version
            context.load_cert_chain(file)
            if suites:
                context.set_ciphers(suites)
            if demands:
                context.load_verify_locations(file)
                context.verify_mode = ssl.CERT_REQUIRED
            found.append(Variant(context, pin, demands))
    return found


@dataclass
class Device:
    """A TLS server in memory whose flight number `nth` is spoilt; a stream to it and its wire."""

    variant: Variant
    rng: Random
    nth: int
    flights: list[bytes] = field(default_factory=list)
    pending: list[bytes] = field(default_factory=list)
    finished: bool = False
    refused: bool = False
    spoilt: bool = False

    def __post_init__(self):
        self.inward, self.outward = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = self.variant.context.wrap_bio(self.inward, self.outward, server_side=True)
        self.gate = SimpleNamespace(wall=lambda: NOW)
        self.connect, self.whole = 0.2, 0.5

    @asynccontextmanager
    async def stream(self, _target):
        yield self

    def shook(self, _target) -> None:
        return None

    async def send(self, flight: bytes) -> None:
        assert allowed.judge(None, flight) is None, flight.hex()
        self.inward.write(flight)
        try:
            if not self.finished:
                self.tls.do_handshake()
                self.finished = True
            self.tls.read(1)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self.refused = True
        answer = self.outward.read()
        if len(self.flights) == self.nth and answer:
            spoilt = broken(self.rng, answer, tuple(self.flights)) or b"\0"
            self.spoilt = spoilt != answer
            answer = spoilt
        self.flights.append(answer)
        if answer:
            self.pending.append(answer)

    async def receive(self, _most: int = 4096) -> bytes:
        if not self.pending:
            raise HungUp("tls://fuzz", "the connection was closed", "reading")
        return self.pending.pop(0)


def judge(device: Device, facts) -> None:
    shown = [c.sha256 for c in facts.certificates]
    if facts.trust is TlsTrust.PINNED:
        assert shown[0] == device.variant.pin
    if facts.completed:
        # What an outsider changed may only lie behind the handshake: it would not have held.
        assert shown == [device.variant.pin]
        assert device.finished or device.variant.demands
    clear_alert = any(b"\x15\x03" in flight for flight in device.flights)
    if facts.without_certificate is TlsAnswer.REFUSED:
        assert device.variant.demands or clear_alert
    if facts.without_certificate is TlsAnswer.ACCEPTED:
        assert device.finished
    assert facts.said.isprintable()


async def one(variants, rng: Random) -> str:
    device = Device(rng.choice(variants), rng, rng.choice((0, 0, 0, 1, 2)))
    asking = tls.server(device, target(1, "tls"), trust=Trust(sha256=device.variant.pin))

    def judged(facts) -> None:
        judge(device, facts)
        # Whoever is completed and pinned was not spoilt before its Finished.
        if facts.completed and facts.trust is TlsTrust.PINNED and device.spoilt:
            assert device.finished

    return await outcome(asking, judged)


async def test_right_flights_are_what_they_are(variants):
    for variant in variants:
        device = Device(variant, Random(1), -1)
        facts = await tls.server(device, target(1, "tls"), trust=Trust(sha256=variant.pin))

        assert facts.client_certificate is variant.demands
        assert facts.completed is (not variant.demands)
        assert (facts.without_certificate is TlsAnswer.REFUSED) is variant.demands
        assert facts.certificates[0].sha256 == variant.pin


async def test_broken_flights_complete_nothing_and_trust_nobody(variants, note):
    rng, outcomes = Random("upheld tls flights"), Counter()
    for turn in range(series(5_000, 200_000)):
        found = await one(variants, rng)
        outcomes[found] += 1
        if turn % 100 == 0:
            await asyncio.sleep(0)
    note("answers tls", *row(outcomes))

    assert outcomes["facts"] > 500
    assert outcomes["Unintelligible"] > 500
