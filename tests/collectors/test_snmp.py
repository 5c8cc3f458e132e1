from __future__ import annotations

import asyncio
import inspect
import socket
import time
from datetime import UTC, datetime

import pytest
from gufo.snmp import _fast
from gufo.snmp.aio import SnmpSession

from checks.facts.snmp import SnmpAnswer, SnmpLevel, SnmpTrial
from collectors import snmp_client
from collectors.credentials import Community, SnmpUser
from collectors.errors import (
    BudgetSpent,
    CollectError,
    Denied,
    LoginFailed,
    NotPermitted,
    Refused,
    TimedOut,
    Unintelligible,
)
from collectors.snmp import default_communities, refusals, system
from collectors.wire import Target, Wire
from tests.devices.snmp_peers import (
    SET,
    OpenGate,
    Peer,
    asked,
    mib,
    oid,
    peer,
    reply,
    silent,
    tlv,
)
from tests.devices.snmpd import snmpd

MONITOR = SnmpUser("monitor", "SHA-256", "auth secret 1", "AES-128", "priv secret 1")
STRONG = SnmpUser("strong", "SHA-512", "auth secret 2", "AES-256", "priv secret 2")
EXPANDED = SnmpUser("expanded", "SHA-1", "auth secret 3", "AES-256", "priv secret 3")
AUTH_ONLY = SnmpUser("reader", "SHA-256", "auth secret 4")
OPEN = SnmpUser("open")
READ = Community("s3cret")

ANSWERED, REFUSED, SILENT = SnmpAnswer.ANSWERED, SnmpAnswer.REFUSED, SnmpAnswer.SILENT
NO_AUTH, AUTH, V1, V2C = (
    SnmpLevel.NO_AUTH_NO_PRIV,
    SnmpLevel.AUTH_NO_PRIV,
    SnmpLevel.V1,
    SnmpLevel.V2C,
)

SYS = "1.3.6.1.2.1.1"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
DESCRIBED = {f"{SYS}.1.0": tlv(4, b"Thing"), f"{SYS}.2.0": tlv(6, oid("1.3.6.1.4.1.9999.1"))}
OVERRIDES = (
    f"override {ENTITY}.5.1 integer 11",
    f"override {ENTITY}.5.2 integer 3",
    f'override {ENTITY}.9.2 octet_str "FW 4.1"',
    f'override {ENTITY}.10.2 octet_str "SW 7"',
    f'override {ENTITY}.11.2 octet_str "SN-0042"',
    f'override {ENTITY}.13.2 octet_str "X204"',
    'override 1.3.6.1.4.1.9999.7.0 octet_str "V03.02.01"',
)


def at(port: int) -> Target:
    return Target("switch-1", "127.0.0.1", "udp", port, "snmp")


def wire(*, whole: float = 10, connect: float = 3, gate: OpenGate | None = None) -> Wire:
    return Wire(gate or OpenGate(), connect=connect, whole=whole)


@pytest.fixture(scope="module")
def mixed():
    """An old switch that still answers `public` beside its users."""
    with snmpd(
        rocommunity=["public", READ.community],
        users=[MONITOR, STRONG, EXPANDED, AUTH_ONLY, OPEN],
        sys_descr="Old switch",
        sys_object_id="1.3.6.1.4.1.9999.3.1",
        extra=OVERRIDES,
    ) as port:
        yield at(port)


@pytest.fixture(scope="module")
def hardened():
    with snmpd(users=[MONITOR]) as port:
        yield at(port)


@pytest.mark.parametrize("user", [MONITOR, STRONG, EXPANDED, AUTH_ONLY, OPEN], ids=lambda u: u.user)
async def test_a_user_reads_at_the_level_his_secrets_allow(mixed, user):
    facts = await system(wire(), mixed, credential=user)

    assert facts.level is snmp_client.own_level(user)
    assert (facts.auth_protocol, facts.priv_protocol) == (user.auth_protocol, user.priv_protocol)
    assert facts.sys_descr == "Old switch"
    assert facts.engine_id.startswith("80001f88")


async def test_a_description_has_everything_the_agent_exposes(mixed):
    facts = await system(
        wire(),
        mixed,
        credential=READ,
        firmware_oids={
            "1.3.6.1.4.1.9999": "1.3.6.1.4.1.9999.8.0",
            "1.3.6.1.4.1.9999.3": "1.3.6.1.4.1.9999.7.0",
            "1.3.6.1.4.1.99": "1.3.6.1.4.1.9999.8.0",
        },
    )

    assert facts.level is V2C
    assert (facts.sys_name, facts.sys_object_id) == ("switch-1", "1.3.6.1.4.1.9999.3.1")
    assert (facts.entity_model, facts.entity_serial) == ("X204", "SN-0042")
    assert (facts.entity_firmware, facts.entity_software) == ("FW 4.1", "SW 7")
    assert facts.vendor_firmware == "V03.02.01"
    assert facts.engine_id == ""
    assert facts.uptime_centiseconds is not None
    assert facts.clock is not None
    assert abs(facts.clock.device - facts.clock.ours).total_seconds() < 5


async def test_what_an_agent_does_not_expose_is_empty():
    async with peer(mib(DESCRIBED)) as agent:
        facts = await system(wire(), at(agent.port), credential=READ)

    assert (facts.sys_descr, facts.sys_object_id) == ("Thing", "1.3.6.1.4.1.9999.1")
    assert (facts.sys_name, facts.entity_model, facts.mac, facts.vendor_firmware) == ("",) * 4
    assert facts.uptime_centiseconds is None
    assert facts.clock is None


async def test_the_lowest_interface_with_an_address_gives_the_mac():
    addresses = {
        "1.3.6.1.2.1.2.2.1.6.1": tlv(4, b""),
        "1.3.6.1.2.1.2.2.1.6.2": tlv(4, bytes(6)),
        "1.3.6.1.2.1.2.2.1.6.7": tlv(4, bytes.fromhex("001B1B0A0B0C")),
        "1.3.6.1.2.1.2.2.1.6.9": tlv(4, bytes.fromhex("001B1B0A0B0D")),
    }
    async with peer(mib(DESCRIBED | addresses)) as agent:
        facts = await system(wire(), at(agent.port), credential=READ)

    assert facts.mac == "00:1b:1b:0a:0b:0c"


async def test_a_table_is_read_a_handful_of_rows_deep():
    rows = {f"{ENTITY}.5.{n}": tlv(2, b"\x0a") for n in range(1, 60)}
    async with peer(mib(DESCRIBED | rows)) as agent:
        facts = await system(wire(), at(agent.port), credential=READ)

    assert facts.entity_model == ""
    assert len(agent.heard) < 15


async def test_a_clock_with_a_zone_is_read_as_utc():
    stamp = bytes.fromhex("07EA 0B17 0C00 1E 05 2B 01 00")
    async with peer(mib(DESCRIBED | {"1.3.6.1.2.1.25.1.2.0": tlv(4, stamp)})) as agent:
        facts = await system(wire(), at(agent.port), credential=READ)

    assert facts.clock is not None
    assert facts.clock.device == datetime(2026, 11, 23, 11, 0, 30, 500_000, tzinfo=UTC)
    assert facts.clock.resolution_ms == 100


@pytest.mark.parametrize(
    "user",
    [
        SnmpUser("nobody"),
        SnmpUser("monitor", "SHA-256", "another secret", "AES-128", "priv secret 1"),
        SnmpUser("monitor", "SHA-512", "auth secret 1", "AES-128", "priv secret 1"),
        SnmpUser("monitor"),
    ],
    ids=["unknown", "wrong secret", "wrong protocol", "level too low"],
)
async def test_a_user_turned_away_is_denied(hardened, user):
    with pytest.raises(LoginFailed):
        await system(wire(), hardened, credential=user)


@pytest.mark.parametrize(
    "user",
    [
        SnmpUser("monitor", "SHA-256", "", "AES-128", "x"),
        SnmpUser("monitor", "SHA-3", "auth secret 1"),
        SnmpUser("monitor", "", "", "AES-128", "priv secret 1"),
        SnmpUser("monitor", "SHA-256", "auth secret 1", "AES-128", ""),
    ],
)
async def test_an_unusable_credential_is_denied_before_anything_is_sent(user):
    async with peer(silent) as agent:
        with pytest.raises(Denied, match="usable") as caught:
            await system(wire(), at(agent.port), credential=user)

        assert agent.heard == []
        assert not isinstance(caught.value, LoginFailed)


@pytest.mark.parametrize(
    "credential",
    [Community("wrong"), SnmpUser("monitor", "SHA-256", "auth secret 1", "AES-128", "not this")],
    ids=["community", "privacy secret"],
)
async def test_a_wrong_secret_that_is_met_with_silence_is_a_timeout(hardened, credential):
    with pytest.raises(TimedOut):
        await system(wire(connect=0.3), hardened, credential=credential)


async def test_a_hardened_agent_refuses_lower_levels_and_is_silent_to_communities(hardened):
    facts = await refusals(wire(connect=0.3), hardened, credential=MONITOR, community=READ)

    assert facts.control == "authPriv as monitor"
    assert facts.trials == (
        SnmpTrial(NO_AUTH, "", REFUSED),
        SnmpTrial(AUTH, "", REFUSED),
        SnmpTrial(V1, "configured", SILENT),
        SnmpTrial(V2C, "configured", SILENT),
    )


async def test_an_agent_that_takes_less_is_found_out():
    with snmpd(users=[MONITOR], levels=["noauth"], rocommunity=[READ.community]) as port:
        facts = await refusals(wire(), at(port), credential=MONITOR, community=READ)

    assert [trial.answer for trial in facts.trials] == [ANSWERED] * 4


async def test_a_community_that_works_is_itself_a_finding(mixed):
    facts = await refusals(wire(), mixed, credential=READ)

    assert facts.control == "v2c with the configured community"
    assert facts.trials == (
        SnmpTrial(V2C, "configured", ANSWERED),
        SnmpTrial(V1, "configured", ANSWERED),
    )


async def test_a_user_who_works_without_privacy_is_himself_a_finding(mixed):
    facts = await refusals(wire(), mixed, credential=AUTH_ONLY)

    assert facts.trials == (SnmpTrial(AUTH, "", ANSWERED), SnmpTrial(NO_AUTH, "", REFUSED))


async def test_without_a_control_a_refusal_is_only_silence(hardened):
    stranger = SnmpUser("stranger", "SHA-256", "auth secret 9", "AES-128", "priv secret 9")
    facts = await refusals(wire(connect=0.3), hardened, credential=stranger)

    assert facts.control == ""
    assert {trial.answer for trial in facts.trials} == {SILENT}


async def test_default_communities_are_found_in_both_versions(mixed):
    facts = await default_communities(wire(connect=0.3), mixed, credential=MONITOR)

    assert facts.control == "authPriv as monitor"
    assert facts.trials == (
        SnmpTrial(V2C, "public", ANSWERED),
        SnmpTrial(V1, "public", ANSWERED),
        SnmpTrial(V2C, "private", SILENT),
        SnmpTrial(V1, "private", SILENT),
    )


async def test_engine_discovery_is_the_control_of_whoever_has_no_credential(hardened):
    facts = await default_communities(wire(connect=0.3), hardened, credential=None)

    assert facts.control == "v3 engine discovery"
    assert {trial.answer for trial in facts.trials} == {SILENT}


async def test_silence_to_everything_leaves_no_control():
    async with peer(silent) as agent:
        started = time.monotonic()
        told = await default_communities(wire(whole=1.5), at(agent.port), credential=None)
        refused = await refusals(wire(whole=1.5), at(agent.port), credential=MONITOR)

    assert (told.control, refused.control) == ("", "")
    assert {trial.answer for trial in (*told.trials, *refused.trials)} == {SILENT}
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("user", [MONITOR, AUTH_ONLY], ids=lambda u: u.user)
async def test_an_answer_whose_signature_does_not_fit_is_neither_a_fact_nor_silence(mixed, user):
    def forged(datagram: bytes) -> bytes:
        answer = bytearray(answered(mixed, datagram))
        name = answer.find(user.user.encode())
        digest = name + len(user.user)
        if name >= 0 and answer[digest + 1] > 0:
            answer[digest + 5] ^= 0xFF
        return bytes(answer)

    async with peer(forged) as agent:
        for ask in (system, refusals):
            with pytest.raises(Unintelligible, match="no answer to our question"):
                await ask(wire(connect=0.2), at(agent.port), credential=user)


@pytest.mark.parametrize("user", [MONITOR, STRONG, EXPANDED, AUTH_ONLY], ids=lambda u: u.user)
async def test_an_answer_passed_on_unchanged_is_heard(mixed, user):
    async with peer(lambda datagram: answered(mixed, datagram)) as agent:
        facts = await system(wire(), at(agent.port), credential=user)

    assert facts.sys_descr == "Old switch"


def answered(target: Target, datagram: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(2)
        asking.connect((target.address, target.port))
        asking.send(datagram)
        return asking.recv(65_535)


QUESTIONS = {
    "system v2c": lambda w, t: system(w, t, credential=READ),
    "system v3": lambda w, t: system(w, t, credential=MONITOR),
    "refusals v2c": lambda w, t: refusals(w, t, credential=READ),
    "refusals v3": lambda w, t: refusals(w, t, credential=MONITOR),
    "defaults": lambda w, t: default_communities(w, t, credential=None),
}


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
async def test_a_closed_port_is_refused_at_once(ask):
    async with peer(silent) as agent:
        port = agent.port
    started = time.monotonic()
    with pytest.raises(Refused):
        await ask(wire(), at(port))

    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "ask", [QUESTIONS["system v2c"], QUESTIONS["system v3"]], ids=["v2c", "v3"]
)
async def test_a_silent_port_is_a_timeout(ask):
    async with peer(silent) as agent:
        with pytest.raises(TimedOut):
            await ask(wire(connect=0.2), at(agent.port))


GARBAGE = {
    "garbage": lambda d: b"\xde\xad\xbe\xef" * 8,
    "an echo": lambda d: d,
    "half an answer": lambda d: d[: len(d) // 2],
    "a web server": lambda d: b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
async def test_what_is_no_answer_is_never_a_fact(ask, answer):
    async with peer(answer) as agent:
        with pytest.raises((Unintelligible, TimedOut)):
            await ask(wire(connect=0.2), at(agent.port))


@pytest.mark.parametrize("status", [1, 5, 16])
async def test_an_error_status_is_no_description(status):
    async with peer(lambda d: reply(d, status=status)) as agent:
        with pytest.raises((Unintelligible, Denied)):
            await system(wire(), at(agent.port), credential=READ)


async def test_a_value_of_something_else_is_not_the_one_asked_for():
    firmware = f"{SYS}.6.0"
    values = DESCRIBED | {firmware: tlv(4, b"V03.02.01")}
    whole = mib(values)

    def muddled(datagram):
        _, names = asked(datagram)
        if names == [oid(firmware)]:
            return reply(datagram, [(oid(f"{SYS}.1.0"), tlv(4, b"Thing"))])
        return whole(datagram)

    async with peer(muddled) as agent:
        with pytest.raises(
            Unintelligible, match=r"of 1\.3\.6\.1\.2\.1\.1\.1\.0, which nobody asked"
        ):
            await system(
                wire(), at(agent.port), credential=READ, firmware_oids={"1.3.6.1.4.1": firmware}
            )
        with pytest.raises(Unintelligible, match="which nobody asked"):
            async with snmp_client.agent(wire(), at(agent.port), READ, V2C, seconds=1) as session:
                await session.get_many((firmware,), "asking for its firmware")


async def test_an_agent_that_breaks_the_client_is_unintelligible(capfd):
    """GetNext answered with noSuchObject makes the compiled client panic, which is no Exception."""
    described = mib(DESCRIBED)

    def answer(datagram: bytes) -> bytes:
        return (
            reply(datagram, [(oid(f"{ENTITY}.5.1"), b"\x80\x00")])
            if b"\xa1" in datagram[10:20]
            else described(datagram)
        )

    async with peer(answer) as agent:
        with pytest.raises(Unintelligible):
            await system(wire(), at(agent.port), credential=READ)


async def test_a_flood_ends_at_the_cap():
    class Flooding(Peer):
        def datagram_received(self, data, sender) -> None:
            # Well formed, but for somebody else: the client waits on.
            other = reply(data.replace(READ.community.encode(), b"other!"), [])
            for _ in range(60):
                self._transport.sendto(other + bytes(1400), sender)

    transport, flooding = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Flooding(silent), local_addr=("127.0.0.1", 0)
    )
    try:
        with pytest.raises(Unintelligible):
            await system(wire(), at(flooding.port), credential=READ)
    finally:
        transport.close()


async def test_an_empty_datagram_is_no_silence():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind(("127.0.0.1", 0))
        async with wire().datagrams(at(agent.getsockname()[1])) as datagrams:
            # Straight through the socket: asyncio's own transports never send nothing.
            agent.sendto(b"", datagrams._sock.getsockname())
            with pytest.raises(Unintelligible):
                await datagrams.receive()


async def test_a_spent_budget_stops_the_question_at_once():
    async with peer(mib(DESCRIBED)) as agent:
        started = time.monotonic()
        with pytest.raises(BudgetSpent):
            await system(wire(gate=OpenGate(share=100)), at(agent.port), credential=READ)

    assert time.monotonic() - started < 1


async def test_what_the_device_heard_is_what_was_accounted():
    gate = OpenGate()
    async with peer(mib(DESCRIBED)) as agent:
        await system(wire(gate=gate), at(agent.port), credential=READ)

    assert (gate.packets, gate.octets) == (len(agent.heard), sum(map(len, agent.heard)))


def test_the_client_has_no_set():
    """Not only is none sent: there is no method that could."""
    sockets = [_fast.SnmpV1ClientSocket, _fast.SnmpV2cClientSocket, _fast.SnmpV3ClientSocket]
    names = {name for kind in [SnmpSession, *sockets] for name in dir(kind)}

    assert {n for n in names if "set" in n.lower().split("_")} == {"set_keys"}
    assert "0xA3" not in inspect.getsource(snmp_client)


async def test_a_set_would_be_stopped_at_the_wire():
    gate = OpenGate()
    async with peer(silent) as agent, wire(gate=gate).datagrams(at(agent.port)) as datagrams:
        body = tlv(2, b"\x01") + tlv(2, b"\x00") + tlv(2, b"\x00") + tlv(0x30, b"")
        with pytest.raises(NotPermitted):
            await datagrams.send(tlv(0x30, tlv(2, b"\x01") + tlv(4, b"public") + tlv(SET, body)))

        assert agent.heard == []
    assert gate.refusals != []


async def test_the_deadline_holds_for_the_whole_description():
    described = mib(DESCRIBED)
    async with peer(lambda d: described(d) if b"\xa0" in d[10:20] else None) as agent:
        with pytest.raises(TimedOut):
            await system(wire(connect=3, whole=0.3), at(agent.port), credential=READ)


async def test_every_failure_is_of_the_one_family():
    async with peer(lambda d: reply(d, [(oid("1.3"), b"\x09\x00")])) as agent:
        with pytest.raises(CollectError):
            await system(wire(connect=0.2), at(agent.port), credential=READ)


async def test_a_loop_that_is_late_makes_no_agent_silent():
    """An answer that waits to be heard is not the silence a default community should meet."""
    held = mib({"1.3.6.1.2.1.1.3.0": tlv(0x43, b"\1")})
    heard = []

    def answer(datagram: bytes) -> bytes:
        heard.append(datagram)
        if b"public" in datagram:
            # Answered at once; we come back to it after the deadline.
            asyncio.get_running_loop().call_soon(time.sleep, 0.3)
        return held(datagram)

    async with peer(answer) as device:
        wire = Wire(OpenGate(), connect=0.2, whole=2)
        with pytest.raises(Unintelligible):
            await default_communities(wire, at(device.port), credential=Community("s3cret"))
    assert heard
