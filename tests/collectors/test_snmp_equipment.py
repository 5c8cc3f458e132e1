"""The load of network gear and the battery of a UPS, from real agents and from strange ones."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.equipment import Load, SnmpPower, Storage
from collectors import snmp_equipment
from collectors.allowed import Permissions
from collectors.credentials import Community, SnmpUser
from collectors.errors import CollectError
from collectors.wire import Target, Wire
from tests.acceptance.agent import COMMUNITY, agent
from tests.checks.given import asset, observed, told, verdict
from tests.devices.snmp_peers import OpenGate, peer, silent
from tests.devices.snmpd import PROGRAM, snmpd

US = SnmpUser("monitor", "SHA-256", "auth-secret-1", "AES-128", "priv-secret-1")
OURS = Community(COMMUNITY.decode())
UPS = asset(role="ups", runtime_seconds=600)
UPS_MIB = "1.3.6.1.2.1.33.1"
GEAR = """
1.3.6.1.2.1.25.2.3.1.2.1|6|1.3.6.1.2.1.25.2.1.2
1.3.6.1.2.1.25.2.3.1.2.31|6|1.3.6.1.2.1.25.2.1.4
1.3.6.1.2.1.25.2.3.1.2.32|6|1.3.6.1.2.1.25.2.1.9
1.3.6.1.2.1.25.2.3.1.2.33|6|1.3.6.1.2.1.25.2.1.4
1.3.6.1.2.1.25.2.3.1.3.1|4|RAM
1.3.6.1.2.1.25.2.3.1.3.31|4|/rom
1.3.6.1.2.1.25.2.3.1.3.33|4|/odd
1.3.6.1.2.1.25.2.3.1.5.1|2|100
1.3.6.1.2.1.25.2.3.1.5.31|2|100
1.3.6.1.2.1.25.2.3.1.5.32|2|100
1.3.6.1.2.1.25.2.3.1.5.33|2|0
1.3.6.1.2.1.25.2.3.1.6.1|2|99
1.3.6.1.2.1.25.2.3.1.6.31|2|100
1.3.6.1.2.1.25.2.3.1.6.32|2|95
1.3.6.1.2.1.25.2.3.1.6.33|2|50
1.3.6.1.2.1.25.3.3.1.2.1|2|40
1.3.6.1.2.1.25.3.3.1.2.2|2|60
1.3.6.1.2.1.25.3.3.1.2.3|2|400
1.3.6.1.2.1.25.3.8.1.5.1|2|2
1.3.6.1.2.1.25.3.8.1.5.2|2|1
1.3.6.1.2.1.25.3.8.1.7.1|2|31
1.3.6.1.2.1.25.3.8.1.7.2|2|32
1.3.6.1.4.1.9.9.109.1.1.1.1.8.1|66|17
1.3.6.1.4.1.2021.10.1.5.3|2|150
"""


async def ask(question, port, *, credential=OURS, packets=34, seconds=2.0):
    gate = OpenGate()
    wire = Wire(gate, connect=seconds, whole=2 * seconds, packets=packets)
    target = Target("sw", "127.0.0.1", "udp", port, "snmp", None, Permissions(bulk=True))
    facts = await question(wire, target, credential=credential)
    assert not gate.refusals
    return facts, gate.packets


def ups(battery, minutes, source, test):
    values = {"2.1.0": battery, "2.3.0": minutes, "4.1.0": source, "7.3.0": test}
    return [f"override {UPS_MIB}.{oid} integer {value}" for oid, value in values.items()]


needs_snmpd = pytest.mark.skipif(PROGRAM is None, reason="net-snmp is not installed")


@needs_snmpd
@pytest.mark.parametrize(
    ("said", "facts", "outcome"),
    [
        (ups(2, 45, 3, 1), SnmpPower("normal", "normal", "passed", 45), "pass"),
        (ups(3, 4, 3, 6), SnmpPower("low", "normal", "none", 4), "fail"),
        (ups(2, 45, 5, 6), SnmpPower("normal", "battery", "none", 45), "fail"),
        (ups(2, 9, 3, 1), SnmpPower("normal", "normal", "passed", 9), "fail"),
        (ups(7, 45, 3, 1), SnmpPower("7", "normal", "passed", 45), "inconclusive"),
        ((), SnmpPower("", "", ""), "inconclusive"),
    ],
)
async def test_a_real_agent_that_speaks_for_a_ups(said, facts, outcome):
    with snmpd(users=[US], extra=said) as port:
        seen, packets = await ask(snmp_equipment.power, port, credential=US, packets=6)

    assert seen == facts
    assert packets <= 3
    assert told(verdict(BY_ID["ups-ready"], observed(seen), asset=UPS))[0] == outcome


@needs_snmpd
async def test_a_real_agent_shows_its_load_and_storage_within_its_packets():
    with snmpd(users=[US]) as port:
        seen, packets = await ask(snmp_equipment.resources, port, credential=US)

    assert packets <= 34
    # A container may show its agent no processor; its root is on some disk.
    assert {load.seconds for load in seen.loads} <= {60, 900}
    assert any(storage.kind == "ram" for storage in seen.storages)
    assert any(storage.kind == "disk" and storage.writable for storage in seen.storages)
    outcome = told(verdict(BY_ID["resource-headroom"], observed(seen), asset=asset(role="switch")))
    assert outcome[0] in ("pass", "fail", "inconclusive")


@needs_snmpd
async def test_an_agent_that_hides_all_of_it_passes_nothing():
    view = "view system included .1.3.6.1.2.1.1"
    with snmpd(users=[US], levels=["priv -V system"], extra=[view]) as port:
        seen, _ = await ask(snmp_equipment.resources, port, credential=US)
        battery, _ = await ask(snmp_equipment.power, port, credential=US)

    switch = asset(role="switch")
    assert told(verdict(BY_ID["resource-headroom"], observed(seen), asset=switch))[0] == (
        "not-applicable"
    )
    assert told(verdict(BY_ID["ups-ready"], observed(battery), asset=UPS))[0] == "inconclusive"


async def test_what_the_tables_mean_and_what_they_cannot_mean():
    async with peer(agent(GEAR.strip().splitlines())) as other:
        seen, _ = await ask(snmp_equipment.resources, other.port)

    # 400 percent of one processor, and a storage of no size, are nobody's numbers.
    assert seen.loads == (
        Load("processor 1", 40, 60),
        Load("processor 2", 60, 60),
        Load("processor 1", 17, 300),
        Load("all processors", 50, 900),
    )
    assert seen.storages == (
        Storage("RAM", "ram", 100, 99),
        Storage("/rom", "disk", 100, 100, writable=False),
        Storage("storage 32", "flash", 100, 95),
    )


@pytest.mark.parametrize("question", [snmp_equipment.power, snmp_equipment.resources])
async def test_silence_and_garbage_are_no_facts(question):
    for answer in (silent, lambda _: b"\x30\x82\xff\xff", lambda data: data):
        async with peer(answer) as other:
            with pytest.raises(CollectError):
                await ask(question, other.port, seconds=0.3)
