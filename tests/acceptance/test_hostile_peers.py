"""What answers nothing, too little, too much or something else is never a good fact."""

from __future__ import annotations

import pytest

from tests.acceptance import hostile, peers
from tests.acceptance.table import hold

Ports = tuple[int, int, int]


def plant(bench, **scenarios: Ports) -> None:
    """
    Per scenario a zone with three assets that should answer, and all they could be judged by.

    The ports are those of OPC UA, Modbus and SNMP; each asset has an address of its own.
    """
    bench.secret("community", "seven-seas")
    bench.secret("password", "seven-Seas")
    vantages, zones, assets = [], "", ""
    for nth, (name, (opcua, modbus, snmp)) in enumerate(scenarios.items(), 1):
        vantages.append(f"{{id: in-{name}, zone: {name}, source: 127.1.{nth}.1}}")
        zones += f"  - {{id: {name}, networks: [127.1.{nth}.0/24], sl_t: 2}}\n"
        stated = f"type: stated, zone: {name}, role: plc, address: 127.1.{nth}"
        assets += f"""
  - {{id: plc-{name}, {stated}.21,
      services: [{{port: tcp/{opcua}, protocol: opcua, credential: login, variables: ["i=2258"]}}]}}
  - {{id: rtu-{name}, {stated}.22, services: [{{port: tcp/{modbus}, protocol: modbus}}]}}
  - {{id: switch-{name}, {stated}.23,
      services: [{{port: udp/{snmp}, protocol: snmp, credential: read}}]}}
"""
    rest = f"""
credentials:
  - {{id: read, kind: community, secret: {{file: secrets/community}}}}
  - {{id: login, kind: password, user: monitor, secret: {{file: secrets/password}}}}
types:
  - {{id: stated, link: {{kind: radio}}, identity: {{vendor: Peer, product: P, name: it, serial: "7"}},
      firmware: {{approved: [V1]}}}}
assets:{assets}"""
    bench.write(rest, vantages=f"[{', '.join(vantages)}]", zones=f"zones:\n{zones}")


def nobody_can_say(name: str, plc: str, rtu: str, switch: str, default: str = "") -> str:
    """Every check that needs an answer, with the one reason its asset gives for having none."""
    return f"""
plc-{name}.opcua opcua-mode-none-absent            inconclusive {plc}
plc-{name}.opcua opcua-deprecated-policy-absent    inconclusive {plc}
plc-{name}.opcua opcua-anonymous-token-absent      inconclusive {plc}
plc-{name}.opcua opcua-anonymous-session-refused   inconclusive {plc}
plc-{name}.opcua opcua-anonymous-write-denied      inconclusive {plc}
plc-{name}.opcua opcua-auditing-enabled            inconclusive {plc}
plc-{name}.opcua opcua-session-timeout-bounded     inconclusive {plc}
plc-{name}.opcua opcua-cert-strong                 inconclusive {plc}
plc-{name}.opcua opcua-cert-valid                  inconclusive {plc}
plc-{name} clock-offset-within-limit         inconclusive {plc}
plc-{name} firmware-approved                 inconclusive {plc}
rtu-{name}.modbus modbus-identity-matches-inventory inconclusive {rtu}
rtu-{name} firmware-approved                 inconclusive {rtu}
switch-{name}.snmp snmp-v3-authpriv                  inconclusive {switch}
switch-{name}.snmp snmp-identity-matches-inventory   inconclusive {switch}
switch-{name}.snmp snmp-v1v2c-disabled               inconclusive {default or switch}
switch-{name}.snmp snmp-default-community-refused    inconclusive {default or switch}
switch-{name} clock-offset-within-limit         inconclusive {switch}
switch-{name} firmware-approved                 inconclusive {switch}
{name} self-coverage fail missing
"""


def all_three(start, nth: int, behaviour: hostile.Behaviour, answer=lambda _: None) -> Ports:
    """The ports of three peers that behave so, at the addresses of the nth scenario."""
    return (
        start(hostile.tcp(f"127.1.{nth}.21", 0, behaviour)),
        start(hostile.tcp(f"127.1.{nth}.22", 0, behaviour)),
        start(hostile.udp(f"127.1.{nth}.23", 0, answer)),
    )


def test_peers_that_give_no_good_answer(bench, start):
    free = peers.free_port()
    plant(
        bench,
        nothing=(free, free, free),
        tarpit=all_three(start, 2, hostile.tarpit),
        slam=all_three(start, 3, hostile.slam, lambda _: b""),
        web=all_three(start, 4, hostile.says(hostile.HTTP), lambda _: hostile.HTTP),
    )

    found = bench.check()

    rows = {
        "nothing": nobody_can_say("nothing", "refused", "refused", "refused"),
        # The ports are open and the assets are there: nothing else is known.
        "tarpit": nobody_can_say("tarpit", "timeout", "timeout", "timeout"),
        "slam": nobody_can_say("slam", "hung-up", "hung-up", "unintelligible"),
        "web": nobody_can_say("web", "unintelligible", "unintelligible", "unintelligible"),
    }
    hold(
        "no good answer",
        found,
        "".join(rows.values())
        + """
plc-nothing    port-expected-present    fail missing
rtu-nothing    port-expected-present    fail missing
plc-nothing    inventory-device-present pass
switch-nothing inventory-device-present pass
plc-tarpit     port-expected-present    pass
rtu-tarpit     port-expected-present    pass
plc-tarpit     inventory-device-present pass
switch-tarpit  inventory-device-present fail missing
""",
    )
    assert found.states["switch-tarpit", "inventory-device-present"] == "unknown"


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
    "reset": (hostile.reset, "hung-up", "hung-up"),
    "ssh": (hostile.greets(b"SSH-2.0-OpenSSH_9.2\r\n"), *["unintelligible"] * 2),
    "telnet": (hostile.greets(b"\xff\xfd\x18\xff\xfd\x20login: "), *["unintelligible"] * 2),
    "echo": (hostile.echo, "unintelligible", "unintelligible"),
    "flood": (hostile.floods, "unintelligible", "unintelligible"),
    "registers": (hostile.says(REGISTERS), "unintelligible", "timeout"),
    "registers-cut": (hostile.leaves_in_the_middle(REGISTERS[:5]), "unintelligible", "hung-up"),
    "acknowledge": (hostile.says(ACKNOWLEDGE), "timeout", "unintelligible"),
    "acknowledge-cut": (hostile.leaves_in_the_middle(ACKNOWLEDGE[:9]), "hung-up", "unintelligible"),
    "dribble": (hostile.dribbles(ACKNOWLEDGE), "timeout", "unintelligible"),
}


@pytest.mark.whole
def test_wrong_protocols_on_the_ports(bench, start):
    answers = lambda _: hostile.HTTP  # noqa: E731
    ports = {
        name: all_three(start, nth, behaviour, answers)
        for nth, (name, (behaviour, _, _)) in enumerate(WRONG.items(), 1)
    }
    plant(bench, **ports)

    rows = (
        nobody_can_say(name, opcua, modbus, "unintelligible")
        for name, (_, opcua, modbus) in WRONG.items()
    )
    hold("wrong protocol", bench.check(), "".join(rows))
