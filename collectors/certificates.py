"""X.509 certificates as devices present them: read as far as they can be read, never trusted."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checks.facts.certificates import Certificate

T = TypeVar("T")
Names = tuple[str, ...]
_NO_NAMES: tuple[Names, Names, Names] = ((), (), ())

DEEPEST_CHAIN = 6


def certificate(der: bytes) -> Certificate:
    """What one DER certificate says.  Never raises: `problem` holds what could not be read."""
    facts = Certificate(sha256=hashlib.sha256(der).hexdigest())
    # Devices present certificates the library only reads under protest; that is ours to judge.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cert = x509.load_der_x509_certificate(der)
        except Exception as error:  # noqa: BLE001  whatever a device makes the parser say
            return replace(facts, problem=f"not a certificate: {_words(error)}")
        return _read(cert, facts)


def _read(cert: x509.Certificate, facts: Certificate) -> Certificate:
    problems: list[str] = []

    def part(name: str, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except Exception as error:  # noqa: BLE001  one broken field must not hide the others
            problems.append(f"{name}: {_words(error)}")
            return otherwise

    key_type, key_bits, key_sha256 = part("public key", lambda: _key(cert), ("other", 0, ""))
    names = part("alternative names", lambda: _names(cert), _NO_NAMES)
    return replace(
        facts,
        subject=part("subject", lambda: _name(cert.subject), ""),
        issuer=part("issuer", lambda: _name(cert.issuer), ""),
        not_before=part("not before", lambda: cert.not_valid_before_utc, None),
        not_after=part("not after", lambda: cert.not_valid_after_utc, None),
        key_type=key_type,
        key_bits=key_bits,
        public_key_sha256=key_sha256,
        signature_hash=part("signature", lambda: _hash(cert), ""),
        self_signed=part("self-signature", lambda: _self_signed(cert), otherwise=False),
        uris=names[0],
        dns=names[1],
        ips=names[2],
        problem="; ".join(problems),
    )


def _words(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


def _name(name: x509.Name) -> str:
    return name.rfc4514_string()


def _key(cert: x509.Certificate) -> tuple[str, int, str]:
    key = cert.public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = hashlib.sha256(spki).hexdigest()
    match key:
        case rsa.RSAPublicKey():
            return "RSA", key.key_size, digest
        case ec.EllipticCurvePublicKey():
            return "EC", key.key_size, digest
        case dsa.DSAPublicKey():
            return "DSA", key.key_size, digest
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256, digest
        case ed448.Ed448PublicKey():
            return "Ed448", 456, digest
        case _:
            return "other", 0, digest


def _hash(cert: x509.Certificate) -> str:
    algorithm = cert.signature_hash_algorithm
    return "" if algorithm is None else algorithm.name.lower()


def _self_signed(cert: x509.Certificate) -> bool:
    if cert.subject != cert.issuer:
        return False
    try:
        cert.verify_directly_issued_by(cert)
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, TypeError, ValueError):
        # Too old a signature to verify; its names still say that nobody else vouches for it.
        return True
    return True


def _names(cert: x509.Certificate) -> tuple[Names, Names, Names]:
    try:
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return _NO_NAMES
    return (
        tuple(names.get_values_for_type(x509.UniformResourceIdentifier)),
        tuple(names.get_values_for_type(x509.DNSName)),
        tuple(str(ip) for ip in names.get_values_for_type(x509.IPAddress)),
    )


def split(blob: bytes) -> tuple[bytes, ...]:
    """
    The DER certificates of a chain sent as one blob, leaf first.

    What follows the last whole certificate stays with it, so that a broken blob is not mistaken
    for a good certificate.
    """
    parts: list[bytes] = []
    while blob:
        length = _der_length(blob)
        if length is None or length > len(blob):
            parts.append(blob)
            break
        parts.append(blob[:length])
        blob = blob[length:]
    return tuple(parts)


def _der_length(data: bytes) -> int | None:
    if len(data) < 2 or data[0] != 0x30:
        return None
    if data[1] < 0x80:
        return 2 + data[1]
    size = data[1] & 0x7F
    if not 1 <= size <= 3 or len(data) < 2 + size:
        return None
    return 2 + size + int.from_bytes(data[2 : 2 + size], "big")


def chains_to(
    chain: tuple[bytes, ...], ca_pem: bytes, at: datetime, *, own_dates: bool = True
) -> bool:
    """
    Whether the first certificate leads, through the others, to one of the CA certificates, all of
    them valid at `at`, the first only where `own_dates` says so.

    Raises `ValueError` for CA certificates that cannot be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        anchors = x509.load_pem_x509_certificates(ca_pem)
        try:
            presented = [x509.load_der_x509_certificate(der) for der in chain]
            return _leads(presented, anchors, at, own_dates=own_dates)
        except Exception:  # noqa: BLE001  the library has many words for what it cannot read
            # Parts are read when they are first looked at; what cannot be read vouches for nobody.
            return False


def _leads(
    presented: list[x509.Certificate],
    anchors: list[x509.Certificate],
    at: datetime,
    *,
    own_dates: bool,
) -> bool:
    if not presented:
        return False
    between = [cert for cert in presented[1:] if _may_issue(cert)]
    current = presented[0]
    for _ in range(DEEPEST_CHAIN):
        dated = own_dates or current is not presented[0]
        if dated and not current.not_valid_before_utc <= at <= current.not_valid_after_utc:
            return False
        anchor = next((ca for ca in anchors if _may_issue(ca) and _issued(current, ca)), None)
        if anchor is not None:
            return anchor.not_valid_before_utc <= at <= anchor.not_valid_after_utc
        issuer = next((cert for cert in between if _issued(current, cert)), None)
        if issuer is None:
            return False
        between.remove(issuer)
        current = issuer
    return False


def _may_issue(cert: x509.Certificate) -> bool:
    try:
        if not cert.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        return cert.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound as missing:
        # RFC 5280, 4.2.1.3: without a key usage the key may be used for anything.
        return missing.oid == x509.KeyUsage.oid
    except ValueError:
        return False


def _issued(cert: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        cert.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
    return True
