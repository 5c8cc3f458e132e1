"""TLS: whole handshakes, and single hellos that must be refused."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from checks.facts.tls import TlsVersion
from collectors import tls
from collectors.credentials import Trust
from collectors.tls_openssl import Client
from collectors.wire import Target
from tests.checks.given import service
from tests.fuzz.memory import NOW, InMemory, Says
from tests.fuzz.subjects.subject import Subject, script

# RFC 5246, 7.2: the numbers that say no to what was offered.
_REFUSALS = b"\x28\x31\x46\x47\x50"


@dataclass(frozen=True)
class Variant:
    """`ours`: it holds the key the inventory records."""

    context: ssl.SSLContext
    demands: bool
    ours: bool
    pin: str


def _made(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> tuple[bytes, str]:
    """A self-signed certificate and its key in one file's octets, and its fingerprint."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fuzz")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=90))
        .sign(key, hashes.SHA256())
    )
    both = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both += certificate.public_bytes(Encoding.PEM)
    return both, certificate.fingerprint(hashes.SHA256()).hex()


@lru_cache
def variants() -> tuple[Variant, ...]:
    """TLS 1.2 and 1.3, signed and by key transport, with and without a demand."""
    # The same key in every process, so that one of them may know what another recorded.
    ours = _made(ec.derive_private_key(0x5EED, ec.SECP256R1()))
    other = _made(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for version, (both, pin), suites in (
            (ssl.TLSVersion.TLSv1_3, ours, ""),
            (ssl.TLSVersion.TLSv1_2, ours, ""),
            (ssl.TLSVersion.TLSv1_2, other, "AES128-SHA256:@SECLEVEL=0"),
        ):
            file = Path(folder) / "both.pem"
            file.write_bytes(both)
            for demands in (False, True):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.minimum_version = context.maximum_version = version
                context.load_cert_chain(file)
                if suites:
                    context.set_ciphers(suites)
                if demands:
                    context.load_verify_locations(file)
                    context.verify_mode = ssl.CERT_REQUIRED
                found.append(Variant(context, demands, both is ours[0], pin))
    return tuple(found)


class Live:
    """A TLS server in memory, told one flight at a time."""

    def __init__(self, number: int) -> None:
        self.variant = variants()[number]
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = self.variant.context.wrap_bio(self._in, self._out, server_side=True)
        self._done = False

    def __call__(self, flight: bytes) -> bytes:
        if not flight:
            return b""
        self._in.write(flight)
        try:
            if not self._done:
                self._tls.do_handshake()
                self._done = True
            self._tls.read(1)
        except ssl.SSLError:
            pass
        return self._out.read()


@lru_cache
def recorded(number: int) -> bytes:
    """The first flight of a TLS 1.2 server, which answered somebody else's hello."""
    return Live(number)(Client().taken())


def replay(number: int) -> Callable[[], Says]:
    """Somebody who copied a server's words and holds no key of it."""

    def begun() -> Says:
        left = iter((b"", recorded(number)))
        return lambda _: next(left, b"")

    return begun


def proven(check: str, facts: Any, wire: InMemory) -> bool:
    """Only who holds the recorded key, and only a server that asked for a certificate demands."""
    device = wire.talks[0].device
    if not isinstance(device, Live):
        return False
    if check == "tls-client-cert-required":
        return device.variant.demands
    return device.variant.ours and facts.certificates[0].sha256 == device.variant.pin


def alerted(_check: str, _facts: Any, wire: InMemory) -> bool:
    """The last hello of each version was answered by an alert that refuses."""
    # RFC 5246, 7.4.1.2: the version stands behind the record's and the message's header.
    last = {talk.heard[0][9:11]: b"".join(talk.said) for talk in wire.talks}
    return all(map(_refuses, last.values()))


def _refuses(said: bytes) -> bool:
    """Whether the first alert that ends something refuses, over however many records it lies."""
    alerts = b""
    while said[:2] == b"\x15\x03" and len(said) > 5:
        end = 5 + int.from_bytes(said[3:5], "big")
        alerts, said = alerts + said[5:end], said[end:]
    fatal = (n for level, n in zip(alerts[::2], alerts[1::2], strict=False) if level == 2 or n == 0)
    return next(fatal, 0) in _REFUSALS


async def _server(wire: Any, target: Target) -> Any:
    return await tls.server(wire, target, trust=Trust(sha256=variants()[0].pin))


def alert(number: int, level: int = 2) -> bytes:
    return bytes((0x15, 3, 1, 0, 2, level, number))


def hello(version: int, suite: int) -> bytes:
    body = version.to_bytes(2, "big") + bytes(range(32)) + b"\0" + suite.to_bytes(2, "big") + b"\0"
    message = b"\2" + len(body).to_bytes(3, "big") + body
    return b"\x16" + version.to_bytes(2, "big") + len(message).to_bytes(2, "big") + message


REFUSING = (
    script(b"", alert(70)),
    script(b"", alert(40)),
    script(b"", alert(112, 1) + alert(70)),
    script(b"", alert(80)),
    script(b"", alert(10)),
)
TLS = (
    Subject(
        "tls handshake",
        "tls",
        _server,
        (*(lambda n=n: Live(n) for n in range(6)), *map(replay, (2, 2, 3, 3, 4, 5) * 3)),  # type: ignore[misc]
        2,
        proven,
        frozenset({"tls-cert-sound", "tls-client-cert-required", "crypto-identity-unchanged"}),
        {"service": service(1, "tls", pin=variants()[0].pin)},
        part=0.4,
    ),
    Subject(
        "tls versions",
        "tls",
        lambda wire, target: tls.versions(wire, target, control=TlsVersion.TLS12),
        (*REFUSING, script(b"", hello(0x0301, 0x002F)), script(b"", hello(0x0302, 0x002F))),
        3,
        alerted,
        frozenset({"tls-protocol-current"}),
        part=0.3,
    ),
    Subject(
        "tls suites",
        "tls",
        lambda wire, target: tls.weak_suites(wire, target, control=TlsVersion.TLS12),
        (*REFUSING, script(b"", hello(0x0303, 0x0005)), script(b"", hello(0x0303, 0x000A))),
        1,
        alerted,
        frozenset({"tls-cipher-strong"}),
        part=0.3,
    ),
)
