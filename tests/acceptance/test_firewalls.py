"""What a firewall does is never taken for what the device does."""

from __future__ import annotations

import pytest

from tests.acceptance import hostile, netns
from tests.acceptance.bench import Bench
from tests.acceptance.table import hold

LACKING = netns.lacking()
pytestmark = pytest.mark.skipif(LACKING is not None, reason=str(LACKING))

PLANT = f"""
closed_ports: [tcp/9021]
credentials: [{{id: read, kind: community, secret: {{file: secrets/community}}}}]
assets:
  - {{id: rtu, zone: control, address: RTU, role: rtu, identity: {{vendor: Peer}},
      firmware: {{approved: [V1]}},
      services: [{{port: tcp/1502, protocol: modbus}}, {{port: tcp/8023, protocol: telnet}}]}}
  - {{id: plc, zone: control, address: {netns.PLC}, role: plc,
      services: [{{port: tcp/4840, protocol: opcua}}]}}
  - {{id: switch, zone: control, address: {netns.SWITCH}, role: switch,
      services: [{{port: udp/1161, protocol: snmp, credential: read}}]}}
"""
MONITOR = f"{{id: monitor, zone: ZONE, source: {netns.OURS}, kind: monitor}}"
PLAIN = f"{{id: plain, zone: ZONE, source: {netns.OURS_PLAIN}, kind: plain}}"
ZONES = """
zones:
  - {id: dmz, name: DMZ, networks: [10.99.7.0/29], sl_t: 2}
  - {id: control, name: Control, networks: [10.99.7.8/29, 203.0.113.0/24], sl_t: 2}
"""
DROP = f"ip saddr {netns.OURS} drop"


@pytest.fixture
def cable(start):
    """Beyond it: a sound Modbus unit, an OPC UA port that says nothing, a mute UDP port."""
    made = start(netns.cable())
    start(hostile.tcp(netns.RTU, 1502, hostile.identifies, made.in_far))
    start(hostile.tcp(netns.PLC, 4840, hostile.tarpit, made.in_far))
    start(hostile.udp(netns.SWITCH, 1161, lambda _: None, made.in_far))
    return made


@pytest.fixture
def bench(tmp_path, cable):
    bench = Bench(tmp_path / "config", within=cable.within)
    bench.secret("community", "seven-seas")
    return bench


def inside(bench: Bench, rtu: str = netns.RTU, probing: str = "fragile") -> None:
    """The appliance stands in the plant's own zone."""
    vantages = f"[{MONITOR.replace('ZONE', 'control')}]"
    plant = PLANT.replace("RTU", rtu).replace("role: rtu", f"role: rtu, probing: {probing}")
    bench.write(plant, vantages=vantages, zones=ZONES)


def outside(
    bench: Bench,
    denies_by: str,
    closed: str = "tcp/9021",
    vantages: str = f"[{MONITOR}, {PLAIN}]",
) -> None:
    """The appliance stands in the DMZ, with a permit for one vantage and none for the other."""
    conduit = f"""
conduits:
  - {{id: dmz-control, from: dmz, to: control, sl_t: 2, denies_by: {denies_by},
     allow: [{{from: monitor, to: rtu, port: tcp/1502}}]}}
"""
    bench.write(
        conduit + PLANT.replace("RTU", netns.RTU).replace("tcp/9021", closed),
        vantages=f"{vantages}\n  control: [tcp/{netns.CONTROL}:443]".replace("ZONE", "dmz"),
        zones=ZONES,
    )


def unheard(rtu: str, plc: str, switch: str) -> str:
    return f"""
rtu.modbus  modbus-identity-matches-inventory inconclusive {rtu}
rtu         firmware-approved                 inconclusive {rtu}
plc.opcua   opcua-mode-none-absent            inconclusive {plc}
plc.opcua   opcua-deprecated-policy-absent    inconclusive {plc}
plc.opcua   opcua-anonymous-token-absent      inconclusive {plc}
plc.opcua   opcua-anonymous-session-refused   inconclusive {plc}
plc.opcua   opcua-anonymous-write-denied      inconclusive {plc}
plc.opcua   opcua-cert-strong                 inconclusive {plc}
plc.opcua   opcua-cert-valid                  inconclusive {plc}
plc.opcua   opcua-auditing-enabled            inconclusive {plc}
plc         clock-offset-within-limit         inconclusive {plc}
switch.snmp snmp-v3-authpriv                  inconclusive {switch}
switch.snmp snmp-v1v2c-disabled               inconclusive {switch}
switch.snmp snmp-default-community-refused    inconclusive {switch}
switch      clock-offset-within-limit         inconclusive {switch}
"""


@pytest.mark.whole
def test_without_a_firewall_the_unit_is_seen(bench):
    inside(bench)

    hold(
        "cable, no firewall",
        bench.check("--asset", "rtu"),
        """
rtu.modbus modbus-identity-matches-inventory pass
rtu        firmware-approved                 pass
rtu        port-unexpected-absent            pass
rtu        port-expected-present             fail missing
rtu        cleartext-service-absent          pass
rtu        inventory-device-present          pass
""",
    )


def test_a_firewall_that_drops_all(bench, cable):
    inside(bench)
    cable.firewall(DROP)

    found = bench.check("--asset", "rtu")

    # A silence heard once is nobody's state yet.
    assert found.states["rtu", "inventory-device-present"] == "unknown"
    hold(
        "firewall drops",
        found,
        """
rtu.modbus modbus-identity-matches-inventory inconclusive filtered
rtu        firmware-approved                 inconclusive filtered
rtu        port-expected-present             inconclusive filtered
rtu        port-unexpected-absent            inconclusive filtered
rtu        cleartext-service-absent          inconclusive filtered
rtu        inventory-device-present          fail missing
""",
    )


@pytest.mark.whole
def test_a_firewall_that_drops_every_protocol(bench, cable):
    inside(bench)
    cable.firewall(DROP)

    found = bench.check()

    hold(
        "firewall drops, every protocol",
        found,
        unheard("filtered", "filtered", "timeout")
        + """
rtu    port-expected-present    inconclusive filtered
rtu    port-unexpected-absent   inconclusive filtered
rtu    cleartext-service-absent inconclusive filtered
plc    port-expected-present    inconclusive filtered
plc    port-unexpected-absent   inconclusive filtered
switch port-unexpected-absent   inconclusive timeout
rtu    inventory-device-present fail missing
plc    inventory-device-present fail missing
switch inventory-device-present fail missing
""",
    )


@pytest.mark.whole
def test_a_firewall_that_lets_connections_begin_and_drops_what_follows(bench, cable):
    inside(bench)
    cable.firewall("tcp flags & syn == 0 drop", "udp dport 1161 drop")

    hold(
        "firewall drops data",
        bench.check(),
        unheard("timeout", "timeout", "timeout")
        + """
rtu port-expected-present    fail missing
plc port-expected-present    pass
rtu port-unexpected-absent   pass
""",
    )


@pytest.mark.whole
def test_a_firewall_that_drops_one_port_of_a_living_device(bench, cable):
    # A fragile one would be left alone after the first silence.
    inside(bench, probing="standard")
    cable.firewall("tcp dport { 1502, 9021 } drop")

    rows = """
rtu.modbus modbus-identity-matches-inventory inconclusive filtered
rtu        firmware-approved                 inconclusive filtered
rtu        port-expected-present             fail missing
rtu        port-unexpected-absent            pass
rtu        cleartext-service-absent          pass
rtu        inventory-device-present          pass
"""
    once = bench.check("--asset", "rtu")
    hold("firewall drops one port", once, rows)
    again = bench.check("--asset", "rtu", "--due-anyway")
    hold("firewall drops one port, again", again, rows)

    assert once.states["rtu", "port-unexpected-absent"] == "unknown"
    assert again.states["rtu", "port-unexpected-absent"] == "pass"


@pytest.mark.whole
def test_a_firewall_that_says_prohibited(bench, cable):
    inside(bench)
    cable.firewall(f"ip saddr {netns.OURS} reject with icmpx type admin-prohibited")

    hold(
        "firewall prohibits",
        bench.check(),
        unheard(*["unreachable"] * 3)
        + """
rtu port-expected-present    inconclusive unreachable
rtu port-unexpected-absent   inconclusive unreachable
rtu cleartext-service-absent inconclusive unreachable
rtu inventory-device-present fail missing
""",
    )


@pytest.mark.whole
def test_a_host_that_resets_everything(bench, cable):
    inside(bench)
    cable.firewall(
        f"ip saddr {netns.OURS} tcp dport 1-65535 reject with tcp reset",
        f"ip saddr {netns.OURS} reject with icmpx type port-unreachable",
    )

    hold(
        "everything refused",
        bench.check(),
        unheard(*["refused"] * 3)
        + """
rtu port-expected-present    fail missing
plc port-expected-present    fail missing
""",
    )


@pytest.mark.whole
@pytest.mark.parametrize(
    ("address", "reason"), [(netns.NOBODY, "filtered"), (netns.ELSEWHERE, "unreachable")]
)
def test_an_address_where_nobody_lives(bench, address, reason):
    inside(bench, address)

    hold(
        f"nobody at {address}",
        bench.check("--asset", "rtu"),
        f"""
rtu.modbus modbus-identity-matches-inventory inconclusive {reason}
rtu        firmware-approved                 inconclusive {reason}
rtu        port-expected-present             inconclusive {reason}
rtu        port-unexpected-absent            inconclusive {reason}
rtu        cleartext-service-absent          inconclusive {reason}
rtu        inventory-device-present          fail missing
""",
    )


PERMIT = f"ip saddr {netns.OURS} ip daddr {netns.RTU} tcp dport 1502 accept"
DENIED = """
dmz-control conduit-default-deny              pass
dmz-control modbus-conduit-reachability       pass
dmz-control admin-access-from-mgmt-only       pass
dmz-control engineering-access-restricted     not-applicable
dmz-control untrusted-vantage-blocked         not-applicable
dmz-control conduit-permitted-flow-works      pass
rtu.modbus  modbus-identity-matches-inventory pass
rtu         firmware-approved                 pass
rtu         port-unexpected-absent            inconclusive filtered
rtu         cleartext-service-absent          inconclusive filtered
site        self-positive-control             pass
"""


@pytest.fixture
def control(start, cable):
    start(hostile.tcp(netns.CONTROL, 443, hostile.slam, cable.in_near))


@pytest.mark.whole
@pytest.mark.usefixtures("control")
def test_a_conduit_that_drops_what_it_does_not_permit(bench, cable):
    outside(bench, "drop")
    cable.firewall(PERMIT, "drop")

    once = bench.check("--asset", "rtu")
    hold("conduit drops", once, DENIED)
    again = bench.check("--asset", "rtu", "--due-anyway")
    hold("conduit drops, again", again, DENIED)

    assert once.states["dmz-control", "conduit-default-deny"] == "unknown"
    assert again.states["dmz-control", "conduit-default-deny"] == "pass"


TELNET = b"\xff\xfd\x18\xff\xfb\x01\r\nrtu login: "
SOUND = """
rtu.modbus  modbus-identity-matches-inventory pass
rtu         firmware-approved                 pass
"""
HIDDEN = f"""
{SOUND}
dmz-control conduit-default-deny              pass
dmz-control admin-access-from-mgmt-only       pass
rtu         port-unexpected-absent            inconclusive filtered
rtu         cleartext-service-absent          inconclusive filtered
rtu         port-expected-present             inconclusive not-permitted
"""
BARED = f"""
{SOUND}
dmz-control conduit-default-deny              fail reachable
dmz-control admin-access-from-mgmt-only       fail reachable
rtu         port-unexpected-absent            fail unexpected-open
rtu         cleartext-service-absent          fail unprotected
rtu         port-expected-present             inconclusive not-permitted
"""
OF_TELNET = {"port-unexpected-absent", "cleartext-service-absent", "messaging-services-absent"}


@pytest.fixture
def telnet(start, cable):
    """Open on the device, once declared and once not."""
    for port in (23, 8023):
        start(hostile.tcp(netns.RTU, port, hostile.greets(TELNET), cable.in_far))


@pytest.mark.usefixtures("control", "telnet")
@pytest.mark.parametrize(
    ("denies_by", "deny"),
    [
        ("drop", ("drop",)),
        pytest.param(
            "reset", ("meta l4proto tcp reject with tcp reset", "drop"), marks=pytest.mark.whole
        ),
    ],
)
def test_telnet_behind_a_firewall_that_denies_it_is_no_pass_of_the_device(
    bench, cable, denies_by, deny
):
    outside(bench, denies_by, closed="tcp/23")
    cable.firewall(PERMIT, *deny)

    for more in ([], ["--due-anyway"]):
        hidden = bench.check("--asset", "rtu", *more)
        hold(f"telnet, conduit closed by {denies_by}", hidden, HIDDEN)

        device = {c: r[0] for (subject, c), r in hidden.rows.items() if subject == "rtu"}
        assert {device[check] for check in OF_TELNET} == {"inconclusive"}
        assert {hidden.states["rtu", check] for check in OF_TELNET} == {"unknown"}


@pytest.mark.whole
@pytest.mark.usefixtures("control", "telnet")
def test_telnet_behind_a_conduit_without_a_firewall(bench):
    outside(bench, "drop", closed="tcp/23")

    hold("telnet, conduit open", bench.check("--asset", "rtu"), BARED)


@pytest.mark.whole
@pytest.mark.usefixtures("control", "telnet")
@pytest.mark.parametrize("open_to_us", [True, False])
def test_telnet_seen_from_a_monitor_vantage_only(bench, cable, open_to_us):
    outside(bench, "drop", closed="tcp/23", vantages=f"[{MONITOR}]")
    if not open_to_us:
        cable.firewall(PERMIT, "drop")

    denied = ["inconclusive vantage-is-permitted"] * 2 + ["inconclusive filtered"] * 2
    reached = ["fail reachable"] * 2 + ["fail unexpected-open", "fail unprotected"]
    default, admin, unexpected, cleartext = reached if open_to_us else denied
    hold(
        f"telnet, monitor vantage, conduit {'open' if open_to_us else 'closed'}",
        bench.check("--asset", "rtu"),
        SOUND
        + f"""
dmz-control conduit-default-deny        {default}
dmz-control admin-access-from-mgmt-only {admin}
rtu         port-unexpected-absent      {unexpected}
rtu         cleartext-service-absent    {cleartext}
""",
    )


@pytest.mark.usefixtures("control")
def test_a_conduit_that_resets_answers_for_no_device(bench, cable):
    outside(bench, "reset")
    cable.firewall(PERMIT, "meta l4proto tcp reject with tcp reset", "drop")

    # Refused ports beyond it were refused by the firewall: nobody has seen them closed.
    hold("conduit resets", bench.check("--asset", "rtu"), DENIED)


@pytest.mark.whole
@pytest.mark.usefixtures("control")
def test_a_conduit_that_should_drop_and_resets(bench, cable):
    outside(bench, "drop")
    cable.firewall(PERMIT, "meta l4proto tcp reject with tcp reset", "drop")

    hold(
        "conduit resets, said to drop",
        bench.check("--asset", "rtu"),
        """
dmz-control conduit-default-deny              inconclusive refused
dmz-control modbus-conduit-reachability       inconclusive refused
dmz-control admin-access-from-mgmt-only       inconclusive refused
dmz-control conduit-permitted-flow-works      pass
rtu.modbus  modbus-identity-matches-inventory pass
rtu         firmware-approved                 pass
""",
    )


@pytest.mark.whole
@pytest.mark.usefixtures("control")
def test_a_conduit_without_a_firewall(bench):
    outside(bench, "drop")

    hold(
        "conduit open",
        bench.check("--asset", "rtu"),
        """
dmz-control conduit-default-deny              fail reachable
dmz-control modbus-conduit-reachability       fail reachable
rtu.modbus  modbus-identity-matches-inventory pass
rtu         firmware-approved                 pass
""",
    )


@pytest.mark.whole
def test_a_conduit_judged_by_an_appliance_that_is_blind(bench, cable):
    outside(bench, "drop")
    cable.firewall(PERMIT, "drop")

    hold(
        "control host gone",
        bench.check("--asset", "rtu"),
        """
dmz-control conduit-default-deny              inconclusive blind
dmz-control modbus-conduit-reachability       inconclusive blind
dmz-control admin-access-from-mgmt-only       inconclusive blind
site        self-positive-control             fail missing
rtu.modbus  modbus-identity-matches-inventory pass
rtu         firmware-approved                 pass
""",
    )
