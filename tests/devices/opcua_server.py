"""Real OPC UA servers on 127.0.0.1 that witness what they are asked."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.uaprocessor import UaProcessor
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from collectors.credentials import ClientCertificate

HARMLESS = {
    "GetEndpointsRequest",
    "CreateSessionRequest",
    "ActivateSessionRequest",
    "ReadRequest",
    "CloseSessionRequest",
}


@dataclass
class Device:
    port: int
    server: Server
    asked: list[str]

    def harmed(self) -> set[str]:
        """What it was asked that could change something."""
        return set(self.asked) - HARMLESS

    @property
    def sessions_left_open(self) -> int:
        return self.asked.count("CreateSessionRequest") - self.asked.count("CloseSessionRequest")


def identity(
    common_name: str,
    uri: str,
    *,
    issuer: tuple[x509.Certificate, rsa.RSAPrivateKey] | None = None,
    ca: bool = False,
    days: tuple[int, int] = (-1, 365),
    host: str = "asset-1",
) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer[0].subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), x509.DNSName(host)]),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=True,
                data_encipherment=True,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def ours(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> ClientCertificate:
    return ClientCertificate(
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


class _OneUser:
    def get_user(self, iserver, username=None, password=None, certificate=None):
        if (username, password) == ("monitor", "seven-Seas") or (
            certificate is not None and username is None
        ):
            return User(role=UserRole.User)
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_witnesses: dict[int, list[str]] = {}
_handle = UaProcessor._process_message


async def _witnessing(self, typeid, requesthdr, seqhdr, body):
    name = ua.ObjectIdNames[typeid.Identifier].removesuffix("_Encoding_DefaultBinary")
    _witnesses.setdefault(id(self.iserver), []).append(name)
    return await _handle(self, typeid, requesthdr, seqhdr, body)


UaProcessor._process_message = _witnessing


@asynccontextmanager
async def opcua_server(
    *,
    secured: tuple[x509.Certificate, rsa.RSAPrivateKey] | None = None,
    policies: list[ua.SecurityPolicyType] | None = None,
    tokens: list[type] | None = None,
    address: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Device]:
    """Open, or for users on SignAndEncrypt only when `secured` holds its certificate and key."""
    server = Server(user_manager=_OneUser() if secured else None)
    await server.init()
    port = port or _free_port()
    server.set_endpoint(f"opc.tcp://{address}:{port}/line")
    if secured is not None:
        await server.load_certificate(secured[0].public_bytes(Encoding.DER), "der")
        key = secured[1].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        await server.load_private_key(key, format="der")
    server.set_security_policy(
        policies
        or [
            ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt
            if secured
            else ua.SecurityPolicyType.NoSecurity
        ]
    )
    server.set_identity_tokens(
        tokens
        or (
            [ua.UserNameIdentityToken, ua.X509IdentityToken]
            if secured
            else [ua.AnonymousIdentityToken]
        )
    )
    area = await server.register_namespace("urn:line")
    level = await server.nodes.objects.add_variable(
        ua.NodeId("Level", area), "Level", 1.5, ua.VariantType.Double
    )
    await level.set_writable()
    await server.nodes.objects.add_variable(ua.NodeId("Flow", area), "Flow", 2.5)
    asked = _witnesses.setdefault(id(server.iserver), [])
    async with server:
        yield Device(port, server, asked)
