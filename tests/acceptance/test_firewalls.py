"""What a firewall does is never taken for what the device does."""

from __future__ import annotations

import pytest

from tests.acceptance import netns
from tests.acceptance.table import hold
from tests.acceptance.walled import DROP, inside

LACKING = netns.lacking()
pytestmark = pytest.mark.skipif(LACKING is not None, reason=str(LACKING))


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
def test_without_a_firewall_the_unit_is_seen(walled):
    inside(walled)

    hold(
        "cable, no firewall",
        walled.check("--asset", "rtu"),
        """
rtu.modbus modbus-identity-matches-inventory pass
rtu        firmware-approved                 pass
rtu        port-unexpected-absent            pass
rtu        port-expected-present             fail missing
rtu        cleartext-service-absent          pass
rtu        inventory-device-present          pass
""",
    )


def test_a_firewall_that_drops_all(walled, cable):
    inside(walled)
    cable.firewall(DROP)

    found = walled.check("--asset", "rtu")

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
def test_a_firewall_that_drops_every_protocol(walled, cable):
    inside(walled)
    cable.firewall(DROP)

    found = walled.check()

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
def test_a_firewall_that_lets_connections_begin_and_drops_what_follows(walled, cable):
    inside(walled)
    cable.firewall("tcp flags & syn == 0 drop", "udp dport 1161 drop")

    hold(
        "firewall drops data",
        walled.check(),
        unheard("timeout", "timeout", "timeout")
        + """
rtu port-expected-present    fail missing
plc port-expected-present    pass
rtu port-unexpected-absent   pass
""",
    )


@pytest.mark.whole
def test_a_firewall_that_drops_one_port_of_a_living_device(walled, cable):
    # A fragile one would be left alone after the first silence.
    inside(walled, probing="standard")
    cable.firewall("tcp dport { 1502, 9021 } drop")

    rows = """
rtu.modbus modbus-identity-matches-inventory inconclusive filtered
rtu        firmware-approved                 inconclusive filtered
rtu        port-expected-present             fail missing
rtu        port-unexpected-absent            pass
rtu        cleartext-service-absent          pass
rtu        inventory-device-present          pass
"""
    once = walled.check("--asset", "rtu")
    hold("firewall drops one port", once, rows)
    again = walled.check("--asset", "rtu", "--due-anyway")
    hold("firewall drops one port, again", again, rows)

    assert once.states["rtu", "port-unexpected-absent"] == "unknown"
    assert again.states["rtu", "port-unexpected-absent"] == "pass"


@pytest.mark.whole
def test_a_firewall_that_says_prohibited(walled, cable):
    inside(walled)
    cable.firewall(f"ip saddr {netns.OURS} reject with icmpx type admin-prohibited")

    hold(
        "firewall prohibits",
        walled.check(),
        unheard(*["unreachable"] * 3)
        + """
rtu port-expected-present    inconclusive unreachable
rtu port-unexpected-absent   inconclusive unreachable
rtu cleartext-service-absent inconclusive unreachable
rtu inventory-device-present fail missing
""",
    )


@pytest.mark.whole
def test_a_host_that_resets_everything(walled, cable):
    inside(walled)
    cable.firewall(
        f"ip saddr {netns.OURS} tcp dport 1-65535 reject with tcp reset",
        f"ip saddr {netns.OURS} reject with icmpx type port-unreachable",
    )

    hold(
        "everything refused",
        walled.check(),
        unheard(*["refused"] * 3)
        + """
rtu port-expected-present    fail missing
plc port-expected-present    fail missing
""",
    )


@pytest.mark.whole
@pytest.mark.parametrize(
    ("address", "reason", "present"),
    [
        (netns.NOBODY, "filtered", "fail missing"),
        # Our own machine has no route there: nothing left it, and nothing is known.
        (netns.ELSEWHERE, "blind", "inconclusive blind"),
    ],
)
def test_an_address_where_nobody_lives(walled, address, reason, present):
    inside(walled, address)

    hold(
        f"nobody at {address}",
        walled.check("--asset", "rtu"),
        f"""
rtu.modbus modbus-identity-matches-inventory inconclusive {reason}
rtu        firmware-approved                 inconclusive {reason}
rtu        port-expected-present             inconclusive {reason}
rtu        port-unexpected-absent            inconclusive {reason}
rtu        cleartext-service-absent          inconclusive {reason}
rtu        inventory-device-present          {present}
""",
    )
