"""A small site, whole or with parts replaced."""

from __future__ import annotations

from typing import Any

from appliance.site.model import Site

OURS, PLAIN = "10.0.0.5", "10.0.0.6"
PLC, RTU, SWITCH, PANEL = "10.0.1.11", "10.0.2.21", "10.0.0.21", "10.0.1.13"


def whole(**parts: Any) -> dict[str, Any]:
    return {
        "site": {"id": "bench", "name": "Bench"},
        "appliance": {
            "id": "edge",
            "vantages": [
                {"id": "monitor", "zone": "dmz", "source": OURS, "kind": "monitor"},
                {"id": "plain", "zone": "dmz", "source": PLAIN, "kind": "plain"},
            ],
            "control": ["tcp/10.0.0.20:443"],
        },
        "zones": [{"id": "dmz"}, {"id": "control"}, {"id": "field"}],
        "conduits": [
            {"id": "dmz-control", "from": "dmz", "to": "control", "allow": ["tcp/4840"]},
            {"id": "dmz-field", "from": "dmz", "to": "field", "allow": ["tcp/502"]},
        ],
        "credentials": [{"id": "read", "kind": "community", "secret": {"file": "c"}}],
        "closed_ports": ["tcp/21", "tcp/23", "tcp/9100"],
        "assets": [
            {
                "id": "plc", "zone": "control", "address": PLC, "probing": "standard",
                "services": [{"port": "tcp/4840", "protocol": "opcua"}],
            },
            {
                "id": "rtu", "zone": "field", "address": RTU, "probing": "robust",
                "services": [{"port": "tcp/502", "protocol": "modbus", "unit": 3}],
            },
            {
                "id": "switch", "zone": "dmz", "address": SWITCH, "probing": "standard",
                "services": [{"port": "udp/161", "protocol": "snmp", "credential": "read"}],
            },
            {
                "id": "panel", "zone": "control", "address": PANEL,
                "services": [{"port": "tcp/102", "protocol": "s7"}],
            },
            {"id": "burner", "zone": "control", "address": "10.0.1.99", "safety": True},
            {"id": "drive", "zone": "control", "address": "10.0.1.98", "probing": "never"},
        ],
        **parts,
    }  # fmt: skip


def made(**parts: Any) -> Site:
    return Site.model_validate(whole(**parts), by_alias=True, by_name=False)
