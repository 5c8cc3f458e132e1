"""What answers nothing, too little, too much or something else is never a good fact."""

from __future__ import annotations

import pytest

from tests.acceptance import hostile, peers
from tests.acceptance.table import hold

OPCUA, MODBUS, SNMP = "127.0.0.21", "127.0.0.22", "127.0.0.23"


def plant(bench, opcua: int, modbus: int, snmp: int) -> None:
    """Three assets that should answer, one protocol each, and all they could be judged by."""
    bench.secret("community", "seven-seas")
    bench.secret("password", "seven-Seas")
    bench.write(f"""
credentials:
  - {{id: read, kind: community, secret: {{file: secrets/community}}}}
  - {{id: login, kind: password, user: monitor, secret: {{file: secrets/password}}}}
types:
  - {{id: stated, identity: {{vendor: Peer, product: P, name: it, serial: "7"}},
      firmware: {{approved: [V1]}}}}
assets:
  - {{id: plc, type: stated, address: {OPCUA}, zone: cell, role: plc,
      services: [{{port: tcp/{opcua}, protocol: opcua, credential: login, variables: ["i=2258"]}}]}}
  - {{id: rtu, type: stated, address: {MODBUS}, zone: cell, role: rtu,
      services: [{{port: tcp/{modbus}, protocol: modbus}}]}}
  - {{id: switch, type: stated, address: {SNMP}, zone: cell, role: switch,
      services: [{{port: udp/{snmp}, protocol: snmp, credential: read}}]}}
""")


def nobody_can_say(plc: str, rtu: str, switch: str, default: str = "") -> str:
    """Every check that needs an answer, with the one reason its asset gives for having none."""
    return f"""
plc.opcua   opcua-mode-none-absent            inconclusive {plc}
plc.opcua   opcua-deprecated-policy-absent    inconclusive {plc}
plc.opcua   opcua-anonymous-token-absent      inconclusive {plc}
plc.opcua   opcua-anonymous-session-refused   inconclusive {plc}
plc.opcua   opcua-anonymous-write-denied      inconclusive {plc}
plc.opcua   opcua-auditing-enabled            inconclusive {plc}
plc.opcua   opcua-session-timeout-bounded     inconclusive {plc}
plc.opcua   opcua-cert-strong                 inconclusive {plc}
plc.opcua   opcua-cert-valid                  inconclusive {plc}
plc         clock-offset-within-limit         inconclusive {plc}
plc         firmware-approved                 inconclusive {plc}
rtu.modbus  modbus-identity-matches-inventory inconclusive {rtu}
rtu         firmware-approved                 inconclusive {rtu}
switch.snmp snmp-v3-authpriv                  inconclusive {switch}
switch.snmp snmp-identity-matches-inventory   inconclusive {switch}
switch.snmp snmp-v1v2c-disabled               inconclusive {default or switch}
switch.snmp snmp-default-community-refused    inconclusive {default or switch}
switch      clock-offset-within-limit         inconclusive {switch}
switch      firmware-approved                 inconclusive {switch}
cell        self-coverage                     fail missing
"""


def all_three(start, behaviour: hostile.Behaviour, answer) -> tuple[int, int, int]:
    return (
        start(hostile.tcp(OPCUA, 0, behaviour)),
        start(hostile.tcp(MODBUS, 0, behaviour)),
        start(hostile.udp(SNMP, 0, answer)),
    )


def test_nothing_is_listening(bench):
    port = peers.free_port()
    plant(bench, port, port, port)

    hold(
        "nothing listening",
        bench.check(),
        nobody_can_say("refused", "refused", "refused")
        + """
plc    port-expected-present    fail missing
rtu    port-expected-present    fail missing
plc    inventory-device-present pass
switch inventory-device-present pass
""",
    )


def test_a_tarpit(bench, start):
    plant(bench, *all_three(start, hostile.tarpit, lambda _: None))

    found = bench.check()

    # The ports are open and the assets are there: nothing else is known.
    hold(
        "tarpit",
        found,
        nobody_can_say("timeout", "timeout", "timeout", "no-control")
        + """
plc    port-expected-present    pass
rtu    port-expected-present    pass
plc    inventory-device-present pass
switch inventory-device-present fail missing
""",
    )
    assert found.states["switch", "inventory-device-present"] == "unknown"


@pytest.mark.parametrize(
    "behaviour", [hostile.slam, pytest.param(hostile.reset, marks=pytest.mark.whole)]
)
def test_a_peer_that_closes_at_once(bench, start, behaviour):
    plant(bench, *all_three(start, behaviour, lambda _: b""))

    reasons = nobody_can_say("hung-up", "hung-up", "unintelligible")
    hold(f"closes at once ({behaviour.__name__})", bench.check(), reasons)


def test_a_port_that_opens_and_resets_is_open(bench, start):
    port = start(hostile.tcp("127.0.0.1", 0, hostile.reset))
    bench.write(f"""
closed_ports: [tcp/{port}]
assets: [{{id: panel, zone: cell, address: 127.0.0.1, role: hmi}}]
""")

    hold(
        "opens and resets",
        bench.check(),
        """
panel port-unexpected-absent   fail unexpected-open
panel inventory-device-present pass
""",
    )


# A Modbus answer to another question, an OPC UA Acknowledge with nothing behind it.
REGISTERS = bytes.fromhex("000100000005010302002a")
ACKNOWLEDGE = b"ACKF" + (28).to_bytes(4, "little") + bytes(4) + b"\xff\xff\0\0" * 2 + bytes(8)
WRONG = {
    "http": (hostile.says(hostile.HTTP), "unintelligible", "unintelligible"),
    "ssh": (hostile.greets(b"SSH-2.0-OpenSSH_9.2\r\n"), "unintelligible", "unintelligible"),
    "telnet": (
        hostile.greets(b"\xff\xfd\x18\xff\xfd\x20login: "),
        "unintelligible",
        "unintelligible",
    ),
    "echo": (hostile.echo, "unintelligible", "unintelligible"),
    "flood": (hostile.floods, "unintelligible", "unintelligible"),
    "another Modbus answer": (hostile.says(REGISTERS), "unintelligible", "timeout"),
    "Modbus cut off": (hostile.leaves_in_the_middle(REGISTERS[:5]), "unintelligible", "hung-up"),
    "Acknowledge alone": (hostile.says(ACKNOWLEDGE), "timeout", "unintelligible"),
    "Acknowledge cut off": (
        hostile.leaves_in_the_middle(ACKNOWLEDGE[:9]),
        "hung-up",
        "unintelligible",
    ),
    "dribble": (hostile.dribbles(ACKNOWLEDGE), "timeout", "unintelligible"),
}
SHORT = ("http",)


@pytest.mark.parametrize(
    "name", [n if n in SHORT else pytest.param(n, marks=pytest.mark.whole) for n in WRONG]
)
def test_a_wrong_protocol_on_the_port(bench, start, name):
    behaviour, opcua, modbus = WRONG[name]
    plant(bench, *all_three(start, behaviour, lambda _: hostile.HTTP))

    hold(name, bench.check(), nobody_can_say(opcua, modbus, "unintelligible"))
