"""A plant of three devices on the far side of a cable, and the appliance on either side of it."""

from __future__ import annotations

from tests.acceptance import netns
from tests.acceptance.bench import Bench

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
PERMIT = f"ip saddr {netns.OURS} ip daddr {netns.RTU} tcp dport 1502 accept"


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
