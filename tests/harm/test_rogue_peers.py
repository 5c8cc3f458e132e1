"""Somebody else at a device's address: not one octet of a secret reaches him, in no writing."""

from __future__ import annotations

import base64
from contextlib import AsyncExitStack
from hashlib import sha256
from urllib.parse import quote

import pytest
from asyncua import ua
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from appliance.demo.usm import localized
from checks.facts.opcua import OpcUaServer
from tests.devices.opcua_server import identity, opcua_server, ours
from tests.harm.agents import PRIV, Agent, agents
from tests.harm.appliances import Hurried, head
from tests.harm.conftest import SHORT
from tests.harm.rogues import ADDRESS, Overheard, forms, listening_in, web

PASSWORD, AUTH = "Käse+Brot/77 marker", "snmp-auth-Marker/+1"
USERNAME = ua.UserNameIdentityToken
ENCRYPTED = ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt
SIGNED = ua.SecurityPolicyType.Basic256Sha256_Sign
CLEAR = ua.SecurityPolicyType.NoSecurity


@pytest.fixture(scope="module")
def known():
    """The device the inventory means: its certificate and key."""
    return identity("Line 1", "urn:line")


@pytest.fixture(scope="module")
def stranger():
    return identity("Line 1", "urn:line")


@pytest.fixture(scope="module")
def mine():
    return identity("Upheld", "urn:upheld:test")


def pem_key(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def written(folder, name, data):
    file = folder / name
    file.write_bytes(data)
    file.chmod(0o600)


def site(folder, services, mine):
    own = ours(*mine)
    for name, data in (
        ("opc", PASSWORD.encode()), ("auth", AUTH.encode()), ("priv", PRIV.encode()),
        ("community", b"Community-marker-9"), ("own.pem", own.certificate), ("own.key", own.key),
    ):  # fmt: skip
        written(folder, name, data)
    return (
        head()
        + f"""
credentials:
  - {{id: opc, kind: password, user: monitor, secret: {{file: opc}}}}
  - {{id: own, kind: certificate, certificate: {{file: own.pem}}, key: {{file: own.key}}}}
  - {{id: read, kind: community, secret: {{file: community}}}}
  - id: v3
    kind: snmpv3
    user: monitor
    auth: {{protocol: SHA-256, secret: {{file: auth}}}}
    priv: {{protocol: AES-128, secret: {{file: priv}}}}
assets:
  - id: plc
    zone: cell-0
    address: {ADDRESS}
    role: plc
    probing: robust
    services: [{services}]
"""
    )


def opcua(port, known):
    pin = known[0].fingerprint(hashes.SHA256()).hex()
    return (
        f"{{port: tcp/{port}, protocol: opcua, credential: opc, certificate: own, "
        f"trust: {{sha256: {pin}}}}}"
    )


def secrets(mine):
    """Everything that must not be heard: also what stands for a secret."""
    own_key = pem_key(mine[1])
    numbers = mine[1].private_numbers()
    return {
        "password": PASSWORD, "SNMP auth": AUTH, "SNMP priv": PRIV,
        "community": "Community-marker-9", "key": own_key[100:160],
        "key, p": numbers.p.to_bytes(128, "big"), "key, d": numbers.d.to_bytes(256, "big"),
    }  # fmt: skip


def heard_of(heard, mine):
    return {name: found for name, s in secrets(mine).items() if (found := heard.holds(s))}


async def visited(appliance, text):
    async with appliance(text, Hurried()) as rounds:
        first = await rounds.visit("plc", due_anyway=True)
        if not SHORT:
            await rounds.visit("plc", due_anyway=True)
        return first


ROGUES = {
    "another certificate": ("stranger", "stranger", ENCRYPTED, True),
    "the known certificate without its key": ("known", "stranger", ENCRYPTED, True),
    "signed only": ("known", "known", SIGNED, True),
    "another certificate, signed only": ("stranger", "stranger", SIGNED, True),
    "no encryption": ("known", "known", CLEAR, True),
    "no encryption and no certificate": ("stranger", "stranger", CLEAR, False),
}


@pytest.mark.parametrize("which", list(ROGUES)[:: 2 if SHORT else 1])
async def test_a_rogue_opcua_server_hears_no_secret(
    appliance, folder, known, stranger, mine, which
):
    certificate, key, policy, secured = ROGUES[which]
    pair = ({"known": known, "stranger": stranger}[certificate][0],
            {"known": known, "stranger": stranger}[key][1])  # fmt: skip
    heard = Overheard()
    async with AsyncExitStack() as stack:
        device = await stack.enter_async_context(
            opcua_server(
                secured=pair if secured else None,
                policies=[policy],
                tokens=[USERNAME],
                address=ADDRESS,
            )
        )
        device.server.iserver.user_manager = heard
        port = await stack.enter_async_context(listening_in(device.port, heard))
        seen = await visited(appliance, site(folder, opcua(port, known), mine))

    assert len(heard.octets) > 500, "it must have been spoken to"
    assert heard_of(heard, mine) == {}
    assert [login for login in heard.logins if login[1]] == []
    assert not any(isinstance(o.facts, OpcUaServer) for o in seen.observations)


async def test_the_known_server_is_logged_in_to(appliance, folder, known, mine):
    """The witness works: what is withheld above is given here, and heard."""
    heard = Overheard()
    async with (
        opcua_server(secured=known, tokens=[USERNAME], address=ADDRESS) as device,
        listening_in(device.port, heard) as port,
    ):
        device.server.iserver.user_manager = heard
        await visited(appliance, site(folder, opcua(port, known), mine))

    assert ("monitor", PASSWORD) in heard.logins
    # On the cable it is encrypted.
    heard.logins.clear()
    assert heard_of(heard, mine) == {}


async def test_an_agent_with_another_engine_hears_no_secret(appliance, folder, mine):
    heard = Overheard()
    service = "{{port: udp/{port}, protocol: snmp, credential: v3}}"
    async with agents([ADDRESS]) as (there, port):
        rogue: Agent = there[0]
        await visited(appliance, site(folder, service.format(port=port), mine))
        heard.octets += b"".join(rogue.heard)
        localised = localized(AUTH.encode(), rogue.usm.engine)

    assert rogue.attempts == 1
    assert heard_of(heard, mine) == {}
    assert heard.holds(localised) == []


async def test_a_web_server_with_another_certificate_hears_no_secret(
    appliance, folder, tmp_path, known, stranger, mine
):
    heard = Overheard()
    (tmp_path / "c.pem").write_bytes(stranger[0].public_bytes(Encoding.PEM))
    (tmp_path / "k.pem").write_bytes(pem_key(stranger[1]))
    pin = known[0].fingerprint(hashes.SHA256()).hex()
    async with web(str(tmp_path / "c.pem"), str(tmp_path / "k.pem"), heard) as port:
        service = f"{{port: tcp/{port}, protocol: https, paths: [/], trust: {{sha256: {pin}}}}}"
        await visited(appliance, site(folder, service, mine))

    assert heard_of(heard, mine) == {}
    assert b"Authorization" not in heard.octets


@pytest.mark.parametrize(
    "written_so",
    [
        PASSWORD.encode(), PASSWORD.encode("utf-16-le"), PASSWORD.encode("utf-16-be"),
        quote(PASSWORD, safe="").encode(), PASSWORD.encode().hex().encode(),
        *(base64.b64encode(b"x" * n + PASSWORD.encode() + b"tail") for n in range(4)),
        sha256(PASSWORD.encode()).digest(),
    ],
)  # fmt: skip
def test_a_secret_is_found_however_it_is_written(written_so):
    heard = Overheard()
    heard.octets += b"before" + written_so + b"after"

    assert heard.holds(PASSWORD)
    assert len(forms(PASSWORD)) > 10
