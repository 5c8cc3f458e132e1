"""A real SNMP agent that is asked from a second address, with and without a list of managers."""

from __future__ import annotations

import os
from contextlib import contextmanager

import pytest

from tests.acceptance import netns
from tests.acceptance.table import WHOLE, hold
from tests.acceptance.test_real_peers import MONITOR, needs_snmpd
from tests.devices.snmpd import snmpd

CHECK = ("switch.snmp", "snmp-manager-restricted")
V3 = """
closed_ports: [tcp/1]
credentials:
  - {{id: v3, kind: snmpv3, user: monitor, auth: {{protocol: SHA-256, secret: {{file: secrets/auth}}}},
      priv: {{protocol: AES-128, secret: {{file: secrets/priv}}}}}}
assets:
  - {{id: switch, zone: cell, address: {address}, role: switch, every: 1h,
      services: [{{port: udp/{port}, protocol: snmp, credential: v3}}]}}
"""


def vantages(monitor: str, plain: str) -> str:
    return (
        f"[{{id: monitor, zone: cell, source: {monitor}}}, "
        f"{{id: plain, zone: cell, source: {plain}, kind: plain}}]"
    )


@needs_snmpd
def test_an_agent_with_its_own_list_of_managers(bench, start):
    port = start(snmpd(rocommunity=["seven-seas"], sys_name="switch"))
    bench.secret("community", "seven-seas")
    bench.write(
        f"""
closed_ports: [tcp/1]
credentials: [{{id: read, kind: community, secret: {{file: secrets/community}}}}]
assets:
  - {{id: switch, zone: cell, address: 127.0.0.1, role: switch,
      services: [{{port: udp/{port}, protocol: snmp, credential: read}}]}}
""",
        vantages=vantages("127.0.0.1", "127.0.0.2"),
    )

    found = bench.check()

    # Silence, which stands when it is heard in a second visit.
    assert found.rows[CHECK] == ("pass", "as-expected"), found.said[CHECK]
    assert found.states[CHECK] == "unknown"
    if os.environ.get(WHOLE):
        assert bench.check("--due-anyway").states[CHECK] == "pass"


@contextmanager
def far(cable, peer):
    """The peer, living on the plant's side."""
    try:
        yield cable.in_far(peer.__enter__)
    finally:
        peer.__exit__(None, None, None)


@pytest.fixture
def switch(walled, cable, start):
    """A version 3 agent behind the cable; the bench asks it from two addresses of one zone."""
    port = start(far(cable, snmpd(users=[MONITOR], sys_name="switch", address=netns.SWITCH)))
    walled.secret("auth", MONITOR.auth_secret)
    walled.secret("priv", MONITOR.priv_secret)
    walled.write(
        V3.format(address=netns.SWITCH, port=port),
        vantages=vantages(netns.OURS, netns.OURS_PLAIN),
        zones="zones: [{id: cell, name: Cell, networks: [10.99.7.0/24], sl_t: 2}]",
    )
    return port


STRANGER = f"ip saddr {netns.OURS_PLAIN}"
WALLS = {
    "no filter": ((), "fail reachable", "fail"),
    "drops": ((f"{STRANGER} udp dport {{port}} drop",), "pass as-expected", "unknown"),
    "rejects": ((f"{STRANGER} udp dport {{port}} reject",), "pass as-expected", "pass"),
    "prohibits": (
        (f"{STRANGER} udp dport {{port}} reject with icmp type host-prohibited",),
        "inconclusive unreachable",
        "unknown",
    ),
    "drops all of it": ((f"{STRANGER} drop",), "inconclusive no-control", "unknown"),
}


@needs_snmpd
@pytest.mark.skipif(netns.lacking() is not None, reason=str(netns.lacking()))
@pytest.mark.parametrize("wall", WALLS)
def test_a_packet_filter_before_the_agent(walled, cable, switch, wall):
    rules, verdict, state = WALLS[wall]
    cable.firewall(*(rule.format(port=switch) for rule in rules))

    found = walled.check()

    hold(f"second look, {wall}", found, f"{CHECK[0]} {CHECK[1]} {verdict}" + OTHERS)
    assert found.states[CHECK] == state


OTHERS = """
switch.snmp snmp-v3-authpriv                pass
switch.snmp snmp-default-community-refused  pass
switch      clock-offset-within-limit       dated
switch.snmp authentication-failures-normal  pass
switch.snmp snmp-v3-weak-level-refused      pass
switch      inventory-device-present        pass
switch      port-unexpected-absent          pass
cell        self-coverage                   pass
"""
