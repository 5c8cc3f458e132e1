"""Tables of network gear: what they mean, and agents that never stop or stop halfway."""

from __future__ import annotations

import pytest
from gufo.snmp.aio import SnmpSession

from checks.facts.switches import Neighbour, SnmpGroup, SnmpMember, SnmpTarget, SnmpUserRow
from collectors import snmp_settings, snmp_tables
from collectors.allowed import Permissions
from collectors.credentials import Community
from collectors.errors import BudgetSpent, CollectError, TimedOut, Unintelligible
from collectors.snmp_profile import Changes, Place, Profile, Switch
from collectors.wire import Target, Wire
from tests.acceptance.agent import COMMUNITY, agent
from tests.devices.snmp_peers import OpenGate, asked, oid, parts, peer, reply, tlv

OURS = Community(COMMUNITY.decode())
PLC, HMI = "001b1b000001", "001b1b000002"
SWITCH = f"""
1.3.6.1.2.1.1.1.0|4|Acme switch
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1
1.3.6.1.2.1.1.3.0|67|5000
1.3.6.1.2.1.2.2.1.2.1|4|Port 1
1.3.6.1.2.1.2.2.1.2.2|4|Port 2
1.3.6.1.2.1.2.2.1.3.1|2|6
1.3.6.1.2.1.2.2.1.3.2|2|24
1.3.6.1.2.1.2.2.1.6.1|4x|00aa00000001
1.3.6.1.2.1.2.2.1.7.1|2|1
1.3.6.1.2.1.2.2.1.7.2|2|2
1.3.6.1.2.1.2.2.1.8.1|2|2
1.3.6.1.2.1.2.2.1.8.2|2|9
1.3.6.1.2.1.4.1.0|2|1
1.3.6.1.2.1.4.22.1.2.1.10.0.0.1|4x|{PLC}
1.3.6.1.2.1.4.22.1.2.1.10.0.0.9|4x|0000
1.3.6.1.2.1.11.4.0|65|3
1.3.6.1.2.1.17.1.4.1.2.7|2|1
1.3.6.1.2.1.17.7.1.2.2.1.2.10.0.27.27.0.0.1|2|7
1.3.6.1.2.1.17.7.1.2.2.1.2.10.0.27.27.0.0.2|2|8
1.3.6.1.2.1.17.7.1.2.2.1.2.10.0.170.0.0.0.1|2|7
1.3.6.1.2.1.17.7.1.2.2.1.2.10.1.0.94.0.0.1|2|7
1.3.6.1.2.1.17.7.1.2.2.1.3.10.0.27.27.0.0.1|2|3
1.3.6.1.2.1.17.7.1.2.2.1.3.10.0.170.0.0.0.1|2|4
1.3.6.1.2.1.31.1.1.1.1.1|4|1/1
1.3.6.1.2.1.31.1.1.1.18.1|4|PLC
1.3.6.1.4.1.99999.1.5.0|2|2
1.3.6.1.4.1.99999.1.6.0|4x|0a0a0a14
1.3.6.1.4.1.99999.1.7.0|4x|ff00ff00
1.3.6.1.6.3.12.1.2.1.3.3.97.97.97|4x|0a00000500a2
1.3.6.1.6.3.15.1.2.2.1.5.1.9.5.97.100.109.105.110|6|1.3.6.1.6.3.10.1.1.2
1.3.6.1.6.3.15.1.2.2.1.8.1.9.5.97.100.109.105.110|6|1.3.6.1.6.3.10.1.2.4
1.3.6.1.6.3.16.1.2.1.3.2.2.99.49|4|rw
1.3.6.1.6.3.16.1.4.1.5.2.114.119.0.2.1|4|all
1.3.6.1.6.3.16.1.4.1.6.2.114.119.0.2.1|4|all
1.3.6.1.6.3.16.1.5.2.1.4.3.97.108.108.1.1|2|1
1.3.6.1.6.3.18.1.1.1.8.6.115.101.99.114.101.116|2|1
1.0.8802.1.1.2.1.3.7.1.3.1|4|1/1
1.0.8802.1.1.2.1.4.1.1.4.0.1.1|2|4
1.0.8802.1.1.2.1.4.1.1.5.0.1.1|4x|{HMI}
1.0.8802.1.1.2.1.4.1.1.9.0.1.1|4|hmi-1
1.0.8802.1.1.2.1.4.2.1.3.0.1.1.1.4.10.0.0.2|2|2
""".split("\n")[1:-1]
SYSTEM = SWITCH[:3]
SWITCH.sort(key=lambda line: tuple(map(int, line.split("|")[0].split("."))))


async def ask(question, answer, *, bulk=True, packets=60, wire=None, **more):
    """The facts, and how many packets they cost."""
    gate = OpenGate()
    wire = wire or Wire(gate, connect=0.4, whole=5.0, packets=packets)
    async with peer(answer) as device:
        target = Target("sw", "127.0.0.1", "udp", device.port, "snmp", None, Permissions(bulk=bulk))
        facts = await question(wire, target, credential=OURS, **more)
    assert not gate.refusals
    return facts, gate.packets


@pytest.mark.parametrize("bulk", [True, False])
async def test_interfaces_with_their_state(bulk):
    facts, packets = await ask(snmp_tables.interfaces, agent(SWITCH), bulk=bulk)

    first, second = facts.interfaces
    assert (first.name, first.alias, first.admin, first.oper) == ("1/1", "PLC", "up", "down")
    assert (first.mac, first.ethernet) == ("00:aa:00:00:00:01", True)
    assert (second.name, second.admin, second.oper, second.ethernet) == (
        "Port 2",
        "down",
        "9",
        False,
    )
    assert facts.forwarding is True
    # A step of GetNext that yields nothing may be the end, or an error.
    assert facts.truncated is not bulk
    assert packets <= 25


async def test_neighbours_of_three_tables_and_not_the_switch_itself():
    facts, _ = await ask(snmp_tables.neighbours, agent(SWITCH))

    assert set(facts.tables) == {"arp", "bridge", "lldp"}
    assert facts.neighbours == (
        Neighbour("arp", "00:1b:1b:00:00:01", "10.0.0.1", "1/1"),
        Neighbour("bridge", "00:1b:1b:00:00:01", "", "1/1"),
        Neighbour("bridge", "00:1b:1b:00:00:02", "", "port 8"),
        Neighbour("lldp", "00:1b:1b:00:00:02", "10.0.0.2", "1/1", "hmi-1"),
    )


async def test_the_older_bridge_table_where_there_is_no_other():
    lines = [line for line in SWITCH if ".17.7." not in line]
    lines.append("1.3.6.1.2.1.17.4.3.1.2.0.27.27.0.0.1|2|7")

    facts, _ = await ask(snmp_tables.neighbours, agent(lines))

    assert Neighbour("bridge", "00:1b:1b:00:00:01", "", "1/1") in facts.neighbours


async def test_tables_that_are_not_there_are_not_empty_ones():
    facts, _ = await ask(snmp_tables.neighbours, agent(SYSTEM))
    who, _ = await ask(snmp_tables.access, agent(SYSTEM))

    assert (facts.tables, facts.neighbours) == ((), ())
    assert (who.groups, who.members, who.users, who.communities) == (None, None, None, None)
    with pytest.raises(Unintelligible, match="shows no state of any interface"):
        await ask(snmp_tables.interfaces, agent(SYSTEM))


async def test_who_may_do_what_and_no_community_is_kept():
    facts, _ = await ask(snmp_tables.access, agent(SWITCH))

    assert facts.groups == (SnmpGroup("rw", "v2c", "noAuthNoPriv", "all", "all"),)
    assert facts.members == (SnmpMember("v2c", "c1", "rw"),)
    assert facts.users == (SnmpUserRow("admin", "MD5", "AES-128"),)
    assert facts.communities == 1
    assert "secret" not in repr(facts)


@pytest.mark.parametrize("column", [snmp_tables.VACM["write"], snmp_tables.USM["priv"]])
@pytest.mark.parametrize("how", ["refused", "hidden"])
async def test_a_column_that_is_not_shown_is_not_one_in_which_nothing_stands(column, how):
    # Something behind the last table, which proves its end.
    shown = [*SWITCH, "1.3.6.1.6.3.99.1.0|2|1"]
    whole = agent(shown)
    without = agent([line for line in shown if not line.startswith(f"{column}.")])
    facts, _ = await ask(snmp_tables.access, whole)
    assert not facts.truncated

    def answer(message):
        _, names = asked(message)
        if how == "refused" and names[0] == oid(column):
            return reply(message, status=5)
        return (without if how == "hidden" else whole)(message)

    facts, _ = await ask(snmp_tables.access, answer)

    assert len(facts.groups) == len(facts.users) == 1
    assert facts.truncated


PROFILE = Profile(
    "acme",
    "Acme",
    ("1.3.6.1.4.1.99999",),
    product=(Place(oid="1.3.6.1.2.1.1.1.0"),),
    switches=(
        Switch("telnet", "1.3.6.1.4.1.99999.1.5.0", {1: "on", 2: "off"}, ("off",), "x"),
        Switch("HTTP", "1.3.6.1.4.1.99999.1.8.0", {1: "on", 2: "off"}, ("off",), "x"),
    ),
    changes=Changes(fingerprint="1.3.6.1.4.1.99999.1.7.0"),
    time_servers=("1.3.6.1.4.1.99999.1.6.0",),
)


async def test_settings_by_the_profile_and_those_not_shown_are_empty():
    facts, packets = await ask(snmp_settings.settings, agent(SWITCH), profiles=(PROFILE,))

    assert [(s.name, s.value) for s in facts.settings] == [
        ("802.1X", ""),
        ("telnet", "off"),
        ("HTTP", ""),
    ]
    assert facts.time_servers == ("10.10.10.20",)
    assert facts.targets == (SnmpTarget("trap", "10.0.0.5", 162),)
    assert packets == 3


async def test_no_table_of_targets_is_read_where_bulk_is_not_permitted():
    facts, packets = await ask(snmp_settings.settings, agent(SWITCH), bulk=False, profiles=())

    assert (facts.profile, facts.targets, packets) == ("", None, 2)


async def test_changes_are_counted_and_hashed():
    facts, _ = await ask(snmp_settings.changes, agent(SWITCH), profiles=(PROFILE,))

    assert (facts.uptime_centiseconds, facts.bad_communities) == (5000, 3)
    assert (facts.fingerprint, facts.saved_fingerprint) == ("ff00ff00", "")
    assert facts.changed_centiseconds is None


def endless(step=1):
    """Every question is answered with a row behind the last one, for ever."""

    def answer(message):
        pdu, names = asked(message)
        count = 20 if pdu == 0xA5 else 1
        rows, last = [], names[0]
        for _ in range(count):
            last = last + b"\x01" if step else last
            rows.append((last, b"\x02\x01\x06"))
        return reply(message, rows)

    return answer


async def test_a_table_without_end_is_cut_and_says_so():
    with pytest.raises(CollectError):
        await ask(snmp_tables.interfaces, endless(0))

    many = [f"1.3.6.1.2.1.17.7.1.2.2.1.2.1.2.0.0.0.{n // 256}.{n % 256}|2|1" for n in range(5000)]
    facts, packets = await ask(snmp_tables.neighbours, agent(many), packets=80)

    assert facts.truncated
    assert 1_000 < len(facts.neighbours) <= 4_096
    assert packets <= 80


async def test_the_whole_allowance_of_rows_is_never_passed():
    many = [f"1.3.6.1.2.1.17.7.1.2.2.1.2.1.2.0.0.0.{n // 256}.{n % 256}|2|1" for n in range(6000)]

    facts, packets = await ask(snmp_tables.neighbours, agent(many), packets=1_000)

    assert facts.truncated
    assert len(facts.neighbours) == 4_096
    assert packets < 230


def answering(make):
    """v2c answers whose variables are what `make` gives for the name asked."""

    def answer(message):
        pdu, names = asked(message)
        if pdu == 0xA0:
            return reply(message, [(name, b"\x02\x01\x01") for name in names])
        return make(message, names[0])

    return answer


LATER = oid("1.3.6.1.2.1.2.2.1.2.9")
EARLIER = oid("1.3.6.1.2.1.2.2.1.2.3")
TEXT = b"\x04\x01x"


@pytest.mark.parametrize(
    "make",
    [
        lambda m, _: reply(m, [(LATER, TEXT), (EARLIER, TEXT)]),
        lambda m, _: reply(m, [(LATER, TEXT), (LATER, TEXT)]),
        lambda m, name: reply(m, [(name, TEXT)]),
        lambda m, _: reply(m, [], status=5),
        lambda m, _: reply(m, status=1),
        lambda m, _: b"garbage",
        lambda m, _: m,
        lambda m, _: reply(m, [(LATER, b"\x04\x7f")]),
    ],
    ids=["back", "same", "own", "genErr", "tooBig", "garbage", "echo", "cut"],
)
async def test_an_agent_that_goes_back_fails_or_babbles_yields_no_whole_table(make):
    with pytest.raises(CollectError):
        await ask(snmp_tables.interfaces, answering(make))
    for question in (snmp_tables.neighbours, snmp_tables.access):
        try:
            facts, _ = await ask(question, answering(make))
        except CollectError:
            continue
        known = facts.tables if question is snmp_tables.neighbours else facts.groups
        assert not known


@pytest.mark.parametrize("status", [1, 5, 16])
async def test_an_error_in_the_middle_of_a_table_is_no_end_of_it(status):
    """The client ends at an error as at the end of a table."""
    whole = agent(SWITCH)
    lines = [f"1.3.6.1.2.1.17.7.1.2.2.1.2.1.2.0.0.0.0.{n}|2|1" for n in range(30)]
    many, asked_for = agent([*SWITCH, *lines]), []

    def answer(message):
        pdu, names = asked(message)
        if pdu == 0xA5 and names[0].startswith(oid("1.3.6.1.2.1.17.7.1.2.2.1.2")):
            asked_for.append(names[0])
            return many(message) if len(asked_for) == 1 else reply(message, status=status)
        return whole(message)

    facts, _ = await ask(snmp_tables.neighbours, answer)

    assert len(asked_for) == 2
    assert facts.truncated


async def test_an_agent_that_falls_silent_in_the_middle_yields_no_facts():
    whole, left = agent(SWITCH), [6]

    def answer(message):
        left[0] -= 1
        return whole(message) if left[0] >= 0 else None

    with pytest.raises(TimedOut):
        await ask(snmp_tables.neighbours, answer)


async def test_an_answer_of_a_hundred_thousand_variables_is_cut():
    row = tlv(0x30, tlv(0x06, LATER) + TEXT)

    def make(message, _):
        version, community, (_, content) = parts(parts(message)[0][1])
        request_id = parts(content)[0]
        zero = b"\x02\x01\x00" * 2
        body = tlv(0x02, request_id[1]) + zero + _long(0x30, row * 3_000)
        return _long(0x30, tlv(*version) + tlv(*community) + _long(0xA2, body))

    with pytest.raises(CollectError):
        await ask(snmp_tables.interfaces, answering(make))


def _long(tag, content):
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


async def test_without_packets_nothing_is_walked():
    with pytest.raises((Unintelligible, BudgetSpent)):
        await ask(snmp_tables.interfaces, agent(SWITCH), packets=5)


@pytest.mark.parametrize("count", [1, 19, 20, 21, 40])
async def test_the_end_of_a_table_is_proven_wherever_it_falls_among_the_answers(count):
    lines = [f"1.3.6.1.2.1.4.22.1.2.1.10.0.1.{n}|4x|{PLC}" for n in range(1, count + 1)]
    lines.append("1.3.6.1.2.1.4.22.1.3.1.10.0.1.1|64|10.0.1.1")

    facts, _ = await ask(snmp_tables.neighbours, agent([*lines]))

    assert len(facts.neighbours) == count
    assert not facts.truncated


async def test_the_end_of_all_an_agent_shows_is_no_proof():
    lines = [f"1.3.6.1.2.1.4.22.1.2.1.10.0.1.{n}|4x|{PLC}" for n in range(1, 5)]

    facts, _ = await ask(snmp_tables.neighbours, agent(lines))

    assert len(facts.neighbours) == 4
    assert facts.truncated


def test_the_client_keeps_the_rows_of_an_answer_where_we_look():
    """The one private name: without it an error would be the end of a table."""
    rows = SnmpSession("127.0.0.1", 1).getbulk("1.3.6")

    assert rows._buffer == []
