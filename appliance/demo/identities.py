"""Self-signed certificates of the devices in the box: made once, kept in a directory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS_VALID = timedelta(days=365)


@dataclass(frozen=True)
class Identity:
    """One application: its OPC UA application URI, its certificate and key as PEM files."""

    uri: str
    certificate: Path
    key: Path

    @property
    def sha256(self) -> str:
        """Lower case hex digest of the DER certificate."""
        loaded = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        return sha256(loaded.public_bytes(serialization.Encoding.DER)).hexdigest()


def identity(directory: Path, name: str, address: str) -> Identity:
    """The identity of this name in the directory, made if it is not there yet."""
    directory.mkdir(parents=True, exist_ok=True)
    it = Identity(
        f"urn:demo.upheld.example:{name}", directory / f"{name}.pem", directory / f"{name}.key"
    )
    if not (it.certificate.exists() and it.key.exists()):
        _make(it, name, address)
    return it


def _make(it: Identity, name: str, address: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Plant in a box"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    names = [x509.UniformResourceIdentifier(it.uri), x509.IPAddress(ip_address(address))]
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + YEARS_VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        # OPC 10000-6, 6.2.2: the uses an application instance certificate must allow.
        .add_extension(_uses(), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret(
        it.key,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    it.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _uses() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def secret(path: Path, content: bytes) -> None:
    """A file only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
