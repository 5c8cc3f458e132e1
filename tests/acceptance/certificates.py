"""Our own OPC UA certificate for a bench, and the pin of the one a server listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.acceptance.bench import Bench, Found

PURPOSES = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH)


def own_certificate(bench: Bench) -> None:
    """secrets/own.pem and secrets/own.key, as OPC 10000-6, 6.2.2 wants them."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "upheld")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    uri = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("urn:bench:upheld")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(uri, critical=False)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(PURPOSES), critical=False)
        .sign(key, hashes.SHA256())
    )
    bench.secret("own.pem", certificate.public_bytes(Encoding.PEM).decode())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    bench.secret("own.key", private.decode())


def pin_of(found: Found) -> str:
    """SHA-256 of the certificate in the one endpoint list that was seen."""
    lists = [o["facts"] for o in found.report["observations"] if "endpoints" in o.get("facts", {})]
    assert len(lists) == 1
    return cast(str, lists[0]["endpoints"][0]["certificate"])
