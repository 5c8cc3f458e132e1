"""
Our certificates, ready for use, and the security of a channel made from them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from asyncua.crypto import security_policies
from asyncua.crypto.security_policies import SecurityPolicy, SecurityPolicyNone
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from checks.facts.opcua import Endpoint, MessageMode
from collectors.credentials import ClientCertificate
from collectors.errors import Unintelligible
from collectors.opcua_wire import ua
from collectors.wire import Target

APPLICATION_URI = "urn:upheld:appliance"

# Weakest first.
POLICIES: dict[str, type[SecurityPolicy]] = {
    "None": SecurityPolicyNone,
    "Basic128Rsa15": security_policies.SecurityPolicyBasic128Rsa15,
    "Basic256": security_policies.SecurityPolicyBasic256,
    "Aes128_Sha256_RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes256_Sha256_RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
}
MODES = {
    MessageMode.NONE: ua.MessageSecurityMode.None_,
    MessageMode.SIGN: ua.MessageSecurityMode.Sign,
    MessageMode.SIGN_AND_ENCRYPT: ua.MessageSecurityMode.SignAndEncrypt,
}


@dataclass(frozen=True)
class Keys:
    """A certificate of ours with what belongs to it, ready for use."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: rsa.RSAPrivateKey
    uri: str


@lru_cache(maxsize=64)
def keys(ours: ClientCertificate) -> Keys:
    """
    Read once per process, because checking an RSA key costs 30 ms of a small CPU.

    Raises `ValueError` with what is wrong.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if b"-----BEGIN" in ours.certificate:
            leaf, *chain = x509.load_pem_x509_certificates(ours.certificate)
        else:
            leaf, chain = x509.load_der_x509_certificate(ours.certificate), []
        try:
            key = serialization.load_pem_private_key(ours.key, password=None)
        except TypeError as error:
            raise ValueError("the key is protected with a passphrase, store it without") from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("the key is not an RSA key")  # noqa: TRY004  callers expect one kind
        if _spki(key.public_key()) != _spki(leaf.public_key()):
            raise ValueError("the key does not belong to the certificate")
        try:
            names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        except x509.ExtensionNotFound:
            uris = []
    return Keys(leaf, tuple(chain), key, uris[0] if uris else APPLICATION_URI)


def _spki(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


_throwaways: list[Keys] = []


def throwaway(at: datetime) -> Keys:
    """A self-signed application certificate nobody trusts, made once per process."""
    if not _throwaways:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        uri = f"{APPLICATION_URI}:unknown"
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Upheld, not to be trusted")])
        uses = dict.fromkeys(("crl_sign", "encipher_only", "decipher_only", "key_agreement"), False)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=1))
            .not_valid_after(at + timedelta(days=3650))
            .add_extension(
                x509.SubjectAlternativeName(
                    [x509.UniformResourceIdentifier(uri), x509.DNSName("upheld")]
                ),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=True,
                    key_encipherment=True,
                    data_encipherment=True,
                    key_cert_sign=True,
                    **uses,
                ),
                critical=True,
            )
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(key, hashes.SHA256())
        )
        _throwaways.append(Keys(certificate, (), key, uri))
    return _throwaways[0]


def unsecured() -> SecurityPolicy:
    """The security of a channel without any."""
    without: Any = SecurityPolicyNone
    made: SecurityPolicy = without()
    return made


def policy(target: Target, endpoint: Endpoint, peer: bytes, ours: Keys | None) -> SecurityPolicy:
    """
    The security of a channel to `endpoint`, whose DER certificate is `peer`.

    Raises `Unintelligible` for a certificate no channel can be built on.
    """
    if endpoint.mode is MessageMode.NONE:
        return unsecured()
    assert ours is not None
    try:
        return POLICIES[endpoint.policy](
            peer,
            ours.certificate,
            ours.key,
            MODES[endpoint.mode],
            host_cert_chain=list(ours.chain),
        )
    except Exception as error:
        raise Unintelligible(
            target, f"its certificate cannot be used for {endpoint.policy}: {error}"
        ) from error
