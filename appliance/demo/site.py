"""
The configuration directory that goes with the plant in a box.

It states what should hold before the drift: what fails from the start are the devices that are
really weak (the panel without a login, the old switch, clear-text Modbus).
"""

from __future__ import annotations

import json
from pathlib import Path

from appliance.demo import layout, plant
from appliance.demo.identities import identity, secret
from appliance.demo.layout import Layout
from appliance.demo.mib import Card


def write_site(
    directory: Path,
    *,
    web_port: int,
    mqtt: str | None,
    plant_directory: Path | None = None,
    network: str = layout.NETWORK,
) -> None:
    """
    Write site.yaml, assets.yaml, pki/ and secrets/ below `directory`.

    `mqtt` is a broker's URL such as mqtt://127.0.0.1:1883.  The devices' certificates are pinned:
    they come from `plant_directory` (the plant's own; the same directory unless given) and are
    made there when the plant has not run yet.
    """
    at = Layout(network)
    directory.mkdir(parents=True, exist_ok=True)
    devices = (plant_directory or directory) / "plant"
    pins = {
        name: identity(devices, name, address).sha256
        for name, address in (("plc-1", at.plc), ("hmi-1", at.hmi))
    }
    _logins(directory, at)
    state = (directory / "state").resolve()
    (directory / "site.yaml").write_text(_site(at, state, web_port, mqtt), encoding="utf-8")
    (directory / "assets.yaml").write_text(_assets(at, pins), encoding="utf-8")


def _logins(directory: Path, at: Layout) -> None:
    secrets = directory / "secrets"
    secret(secrets / "opc-monitor", plant.OPC_PASSWORD.encode())
    secret(secrets / "snmp-auth", plant.SNMP_AUTH.encode())
    secret(secrets / "snmp-priv", plant.SNMP_PRIV.encode())
    secret(secrets / "community", plant.COMMUNITY.encode())
    own = identity(directory / "pki", "upheld", at.monitor)
    secret(secrets / "upheld.key", own.key.read_bytes())


def _site(at: Layout, state: Path, web_port: int, mqtt: str | None) -> str:
    closed = ", ".join(f"tcp/{port}" for port in layout.CLOSED)
    outlets = f"outlets:\n  mqtt: {{broker: {_quoted(mqtt)}}}\n" if mqtt else ""
    return f"""\
# A plant in a box, on loopback addresses.  Made by the demo; every run writes it anew.
site:
  id: plant-in-a-box
  name: Plant in a box
  timezone: UTC
  laboratory: true            # lifts the gentle pauses; said on every page and report
  scope: {{physical: This computer, logical: Three zones, equipment: Eight small servers}}

appliance:
  id: edge-1
  state_dir: {_quoted(str(state))}
  vantages:
    - {{id: monitor, zone: dmz, source: {at.monitor}, kind: monitor}}   # the firewall has permits for it
    - {{id: plain, zone: dmz, source: {at.plain}, kind: plain}}       # and none for this one
  control: [tcp/{at.control_host}:{layout.CONTROL}]
  web: {{listen: "127.0.0.1:{web_port}"}}

zones:
  - {{id: dmz, name: Plant DMZ, networks: [{at.network}.0.0/24], sl_t: 2}}
  - id: control
    name: Filter control
    networks: [{at.network}.1.0/24]
    sl_t: {{fr1: 2, fr2: 2, fr3: 2, fr4: 1, fr5: 2, fr6: 2, fr7: 1}}
    criticality: high
    responsible: operations
  - {{id: field, name: Field stations, networks: [{at.network}.2.0/24], sl_t: 1}}

conduits:
  - id: dmz-control
    from: dmz
    to: control
    sl_t: 2
    denies_by: drop
    allow:
      - {{from: monitor, to: plc-1, port: tcp/{layout.OPC_UA}}}
      - {{from: monitor, to: hmi-1, port: tcp/{layout.OPC_UA}}}
      - {{from: monitor, to: panel-1, port: tcp/{layout.HTTP}}}
  - id: dmz-field
    from: dmz
    to: field
    sl_t: 1
    denies_by: drop
    allow:
      - {{from: monitor, to: rtu-1, port: tcp/{layout.MODBUS}}}
      - {{from: monitor, to: meter-1, port: tcp/{layout.MODBUS}}}
      - {{from: monitor, to: sw-field, port: udp/{layout.SNMP}}}

credentials:
  - {{id: opc-monitor, kind: password, user: {plant.OPC_USER}, secret: {{file: secrets/opc-monitor}}}}
  - {{id: opc-cert, kind: certificate, certificate: {{file: pki/upheld.pem}}, key: {{file: secrets/upheld.key}}}}
  - id: snmp-monitor
    kind: snmpv3
    user: {plant.SNMP_USER}
    auth: {{protocol: SHA-256, secret: {{file: secrets/snmp-auth}}}}
    priv: {{protocol: AES-128, secret: {{file: secrets/snmp-priv}}}}
  - {{id: snmp-read, kind: community, secret: {{file: secrets/community}}}}

closed_ports: [{closed}]
{outlets}"""


def _assets(at: Layout, pins: dict[str, str]) -> str:
    return f"""\
types:
  - {{id: ea-1500, role: plc, probing: standard, every: 5s,
     identity: {{vendor: {plant.PLC.name}, product: {plant.PLC.product}}},
     firmware: {{approved: [{plant.PLC.version}]}}}}
  - {{id: ep-12, role: hmi, probing: standard, every: 5s,
     identity: {{vendor: {plant.HMI.name}, product: {plant.HMI.product}}},
     firmware: {{approved: [{plant.HMI.version}]}}}}

assets:
{_opcua("plc-1", "ea-1500", at.plc, pins["plc-1"])}
{_opcua("hmi-1", "ep-12", at.hmi, pins["hmi-1"])}
  - id: panel-1                # a web panel without a login
    zone: control
    address: {at.panel}
    role: hmi
    probing: standard
    every: 5s
    services:
      - {{port: tcp/{layout.HTTP}, protocol: http, paths: [/]}}
{_modbus("rtu-1", at.rtu, "RT-200", plant.RTU_APPROVED)}
{_modbus("meter-1", at.meter, "EM-30", "1.07")}
  - id: sw-dmz
    zone: dmz
    address: {at.switch}
    role: switch
    probing: robust
    every: 5s
{_card(plant.SWITCH)}
    services:
      - {{port: udp/{layout.SNMP}, protocol: snmp, credential: snmp-monitor}}
  - id: sw-field               # answers public
    zone: field
    address: {at.old_switch}
    role: switch
    probing: standard
    every: 5s
{_card(plant.OLD_SWITCH)}
    services:
      - {{port: udp/{layout.SNMP}, protocol: snmp, credential: snmp-read}}
"""


def _opcua(name: str, kind: str, address: str, pin: str) -> str:
    return f"""\
  - id: {name}
    type: {kind}
    zone: control
    address: {address}
    services:
      - port: tcp/{layout.OPC_UA}
        protocol: opcua
        credential: opc-monitor
        certificate: opc-cert
        trust: {{sha256: {_quoted(pin)}}}
        variables: ["ns=2;s=Setpoint", "ns=2;s=Level"]   # read for their access level"""


def _modbus(name: str, address: str, product: str, revision: str) -> str:
    return f"""\
  - id: {name}
    zone: field
    address: {address}
    role: {"rtu" if name.startswith("rtu") else "other"}
    probing: standard
    every: 5s
    identity: {{vendor: {plant.MODBUS_VENDOR}, product: {product}}}
    firmware: {{approved: ["{revision}"]}}
    services:
      - {{port: tcp/{layout.MODBUS}, protocol: modbus, unit: 1}}"""


def _card(card: Card) -> str:
    return f"""\
    identity: {{vendor: {card.maker}, product: {card.model}, serial: {card.serial}, mac: "{card.mac.hex(":")}"}}
    firmware: {{approved: ["{card.firmware}"]}}"""


def _quoted(text: str | None) -> str:
    # A JSON string is a YAML string.
    return json.dumps(text)
