"""OPC UA against real servers, ours and somebody else's."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from asyncua import ua
from cryptography.hazmat.primitives.serialization import Encoding

from checks.facts.opcua import MessageMode, TokenType, VariableAccess
from checks.facts.tls import TlsTrust
from collectors import opcua, opcua_answers, opcua_trust
from collectors.credentials import ClientCertificate, Password, Trust
from collectors.errors import CollectError, Denied, LoginFailed
from collectors.wire import Wire
from tests.devices.opcua_server import identity, opcua_server, ours

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEER = Path(__file__).parents[1] / "peers" / "opcua"
USER = Password("monitor", "seven-Seas")


@pytest.fixture(scope="module")
def ca():
    return identity("Site CA", "urn:ca", ca=True)


@pytest.fixture(scope="module")
def device_identity(ca):
    return identity("Line 1", "urn:line", issuer=ca)


@pytest.fixture(scope="module")
def mine():
    return ours(*identity("Upheld", "urn:upheld:test"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def devices(device_identity):
    """One of each, because a server takes seconds to build its address space."""
    kinds = [
        getattr(ua.SecurityPolicyType, f"{policy}_{mode}")
        for policy in (
            "Basic128Rsa15",
            "Basic256",
            "Aes128Sha256RsaOaep",
            "Basic256Sha256",
            "Aes256Sha256RsaPss",
        )
        for mode in ("Sign", "SignAndEncrypt")
    ]
    lenient = identity("Line 2", "urn:line")
    async with (
        opcua_server() as unsecured,
        opcua_server(secured=device_identity) as users,
        opcua_server(
            secured=lenient, policies=kinds, tokens=[ua.AnonymousIdentityToken]
        ) as anybody,
    ):
        yield {"open": unsecured, "users": users, "lenient": anybody}


def _watched(kind):
    @pytest.fixture
    def device(devices):
        device = devices[kind]
        device.asked.clear()
        yield device
        assert device.harmed() == set()

    return device


open_device, users_device, lenient_device = map(_watched, ("open", "users", "lenient"))


@pytest.fixture
def wire(gate):
    return Wire(gate, connect=2, whole=10)


async def test_an_open_server_is_seen_as_it_is(wire, target, open_device):
    it = target(open_device.port, "opcua")
    offered = await opcua.endpoints(wire, it)
    nobody = await opcua.anonymous(
        wire, it, offered=offered, variables=("ns=2;s=Level", "ns=2;s=Flow", "ns=2;s=No", "x;")
    )

    assert [(row.mode, row.policy) for row in offered.endpoints] == [(MessageMode.NONE, "None")]
    assert offered.endpoints[0].transport == "uatcp-uasc-uabinary"
    assert offered.application_type == "ClientAndServer"
    assert (nobody.advertised, nobody.activated, nobody.status) == (True, True, "Good")
    assert nobody.variables == (
        VariableAccess("ns=2;s=Level", 3, 3),
        VariableAccess("ns=2;s=Flow", 1, 1),
        VariableAccess("ns=2;s=No", None, None, "BadNodeIdUnknown"),
        VariableAccess("x;", None, None, "BadNodeIdInvalid"),
    )
    assert open_device.asked.count("ReadRequest") == 1


async def test_an_anonymous_session_reads_the_servers_state_in_one_read(wire, target, open_device):
    it = target(open_device.port, "opcua")
    offered = await opcua.endpoints(wire, it)
    facts = await opcua.server(
        wire,
        it,
        offered=offered,
        credential=None,
        certificate=None,
        trust=Trust(),
        variables=("ns=2;s=Level",),
    )

    assert facts.product == "FreeOpcUa Python Server"
    assert (facts.identity, facts.mode, facts.policy) == ("anonymous", MessageMode.NONE, "None")
    assert (facts.requested_timeout_ms, facts.revised_timeout_ms) == (30_000, 30_000)
    assert facts.auditing is None
    assert "auditing: empty" in facts.unreadable
    assert facts.variables == (VariableAccess("ns=2;s=Level", 3, 3),)
    assert facts.clock is not None
    assert abs(facts.clock.device - facts.clock.ours) < timedelta(seconds=5)
    assert open_device.asked.count("ReadRequest") == 1


async def test_a_server_for_users_only_refuses_nobody_and_serves_users(
    wire, target, ca, mine, users_device
):
    ca_pem = ca[0].public_bytes(Encoding.PEM)
    it = target(users_device.port, "opcua")
    offered = await opcua.endpoints(wire, it)
    pinned = Trust(sha256=offered.endpoints[0].certificate.upper())

    nobody = await opcua.anonymous(wire, it, offered=offered)
    assert (nobody.advertised, nobody.activated) == (False, False)

    for credential, trust, name in (
        (USER, pinned, "password"),
        (USER, Trust(ca=ca_pem), "password"),
        (mine, pinned, "certificate"),
    ):
        facts = await opcua.server(
            wire, it, offered=offered, credential=credential, certificate=mine, trust=trust
        )

        assert facts.identity == name
        assert (facts.mode, facts.policy) == (MessageMode.SIGN_AND_ENCRYPT, "Basic256Sha256")


async def test_a_wrong_password_is_denied_once(wire, target, mine, users_device):
    it = target(users_device.port, "opcua")
    offered = await opcua.endpoints(wire, it)
    with pytest.raises(LoginFailed, match="BadUserAccessDenied"):
        await opcua.server(
            wire,
            it,
            offered=offered,
            credential=Password("monitor", "wrong"),
            certificate=mine,
            trust=Trust(sha256=offered.endpoints[0].certificate),
        )

    assert users_device.asked.count("ActivateSessionRequest") == 1


@pytest.mark.parametrize("whom", ["nobody", "another-pin", "another-ca"])
async def test_no_secret_goes_to_a_server_that_is_not_trusted(
    wire, target, ca, mine, whom, users_device
):
    it = target(users_device.port, "opcua")
    offered = await opcua.endpoints(wire, it)
    trust = {
        "nobody": Trust(),
        "another-pin": Trust(sha256="0" * 64),
        "another-ca": Trust(ca=identity("Else", "urn:e", ca=True)[0].public_bytes(Encoding.PEM)),
    }[whom]
    for credential in (USER, mine):
        with pytest.raises(Denied, match="no secret is sent, because its certificate") as caught:
            await opcua.server(
                wire, it, offered=offered, credential=credential, certificate=mine, trust=trust
            )
        # Nothing was tried, so nothing latches.
        assert not isinstance(caught.value, LoginFailed)

    assert users_device.asked == ["GetEndpointsRequest"]


async def test_no_secret_goes_to_another_asset_of_the_sites_ca(
    wire, target, ca, mine, users_device
):
    it = replace(target(users_device.port, "opcua"), asset="asset-2")
    offered = await opcua.endpoints(wire, it)
    with pytest.raises(Denied, match="nor the asset asset-2"):
        await opcua.server(
            wire,
            it,
            offered=offered,
            credential=USER,
            certificate=mine,
            trust=Trust(ca=ca[0].public_bytes(Encoding.PEM)),
        )

    assert users_device.asked == ["GetEndpointsRequest"]


async def test_the_list_says_how_its_certificates_fit_the_inventory(wire, target, ca, users_device):
    it = target(users_device.port, "opcua")
    offered, now = await opcua.endpoints(wire, it), datetime.now(UTC)
    site, pin = ca[0].public_bytes(Encoding.PEM), offered.endpoints[0].certificate

    def fits(asset, **stated):
        found = opcua_trust.listed(offered, Trust(**stated), replace(it, asset=asset), now)
        return found.trust

    assert fits("asset-1") is TlsTrust.NOT_STATED
    assert fits("asset-1", sha256=pin) is TlsTrust.PINNED
    assert fits("asset-1", sha256="0" * 64) is TlsTrust.UNTRUSTED
    assert fits("asset-1", ca=site) is TlsTrust.CHAINED
    assert fits("asset-2", ca=site) is TlsTrust.UNTRUSTED


async def test_a_server_that_does_not_hold_the_pinned_key_gets_no_secret(
    wire, target, mine, users_device, lenient_device
):
    offered = await opcua.endpoints(wire, target(users_device.port, "opcua"))
    with pytest.raises(CollectError, match="reading its state with password login"):
        await opcua.server(
            replace(wire, whole=1),
            target(lenient_device.port, "opcua"),
            offered=offered,
            credential=USER,
            certificate=mine,
            trust=Trust(sha256=offered.endpoints[0].certificate),
        )

    assert lenient_device.asked == []


async def test_a_certificate_never_seen_by_this_process_is_asked_for_again(
    wire, target, monkeypatch, mine, users_device
):
    it = target(users_device.port, "opcua")
    offered = await opcua.endpoints(wire, it)
    monkeypatch.setattr(opcua_answers, "_chains", {})
    await opcua.server(
        wire,
        it,
        offered=offered,
        credential=USER,
        certificate=mine,
        trust=Trust(sha256=offered.endpoints[0].certificate),
    )

    assert users_device.asked.count("GetEndpointsRequest") == 2


async def test_every_policy_we_name_opens_a_channel(wire, target, lenient_device):
    it = target(lenient_device.port, "opcua")
    offered = await opcua.endpoints(wire, it)
    for row in offered.endpoints:
        facts = await opcua.anonymous(wire, it, offered=replace(offered, endpoints=(row,)))

        assert (facts.activated, facts.mode, facts.policy) == (True, row.mode, row.policy)
    assert len(offered.endpoints) == 10


async def test_the_weakest_endpoint_is_tried(wire, target, lenient_device):
    it = target(lenient_device.port, "opcua")
    offered = await opcua.endpoints(wire, it)
    facts = await opcua.anonymous(wire, it, offered=offered)

    assert (facts.mode, facts.policy) == (MessageMode.SIGN, "Basic128Rsa15")


async def test_our_unusable_certificate_is_named_before_anything_is_sent(
    wire, gate, target, closed_port, mine, users_device
):
    offered = await opcua.endpoints(wire, target(users_device.port, "opcua"))
    before = len(gate.connects)
    other = ours(*identity("Other", "urn:other"))
    for broken in (
        ClientCertificate(b"nonsense", mine.key),
        ClientCertificate(mine.certificate, b"nonsense"),
        ClientCertificate(mine.certificate, other.key),
    ):
        with pytest.raises(Denied, match="our certificate cannot be used"):
            await opcua.server(
                wire,
                target(closed_port, "opcua"),
                offered=offered,
                credential=broken,
                certificate=None,
                trust=Trust(sha256=offered.endpoints[0].certificate),
            )

    assert len(gate.connects) == before


@pytest_asyncio.fixture(loop_scope="module")
async def node_opcua(tmp_path):
    """`await node_opcua(variant)` is the port of a node-opcua server of that variant."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (PEER / "node_modules").is_dir():
        pytest.skip("node-opcua is not installed: run tests/peers/opcua/install")
    started = []

    async def start(variant: str, accepts: str = "all") -> int:
        process = await asyncio.create_subprocess_exec(
            node,
            str(PEER / "server.mjs"),
            env=os.environ
            | {"PEER_VARIANT": variant, "PEER_STORE": str(tmp_path / "s"), "PEER_ACCEPTS": accepts},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        started.append(process)
        async with asyncio.timeout(30):
            async for line in process.stdout:
                if line.startswith(b"READY "):
                    return int(line.split()[1])
        raise AssertionError("the peer ended before it was ready")

    yield start
    for process in started:
        process.stdin.close()
        process.kill()
        await process.wait()
        process._transport.close()


async def test_node_opcua_lets_nobody_in_when_open_and_counts_its_sessions(
    node_opcua, wire, target
):
    it = target(await node_opcua("open"), "opcua")

    offered = await opcua.endpoints(wire, it)
    # It has room for two sessions: a third probe works only when the others were closed.
    for _ in range(3):
        nobody = await opcua.anonymous(wire, it, offered=offered)
        assert nobody.activated is True
    facts = await opcua.server(
        wire, it, offered=offered, credential=None, certificate=None, trust=Trust()
    )

    assert (facts.product, facts.build_number) == ("peer", "7")
    assert facts.build_date == "2024-05-01T00:00:00+00:00"
    assert facts.auditing is False
    assert facts.clock is not None


async def test_node_opcua_secured_refuses_nobody_and_takes_the_user(node_opcua, wire, target, mine):
    it = target(await node_opcua("secured"), "opcua")

    offered = await opcua.endpoints(wire, it)
    nobody = await opcua.anonymous(wire, it, offered=offered)
    facts = await opcua.server(
        wire,
        it,
        offered=offered,
        credential=USER,
        certificate=mine,
        trust=Trust(sha256=offered.endpoints[0].certificate),
    )

    assert not any(t.type is TokenType.ANONYMOUS for e in offered.endpoints for t in e.tokens)
    assert (nobody.advertised, nobody.activated) == (False, False)
    assert (facts.identity, facts.policy) == ("password", "Aes256_Sha256_RsaPss")


async def test_node_opcua_that_rejects_our_certificate_has_not_judged_nobody(
    node_opcua, wire, target
):
    it = target(await node_opcua("secured", accepts="none"), "opcua")

    offered = await opcua.endpoints(wire, it)
    nobody = await opcua.anonymous(wire, it, offered=offered)

    assert nobody.activated is None
    assert nobody.status.startswith("Bad")
