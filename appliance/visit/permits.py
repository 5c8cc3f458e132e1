"""What the inventory and an asset's class permit to be said to one of its services."""

from __future__ import annotations

from appliance.site.model import Asset, Service
from collectors.allowed import Permissions, Span
from collectors.allowed.permissions import OPCUA_SESSION_MS

NETWORK_GEAR = frozenset({"switch", "router", "firewall", "gateway"})
LONG_SESSION_MS = 24 * 3_600_000


def session_ms(asset: Asset) -> int:
    """How long an OPC UA session to ask for."""
    return LONG_SESSION_MS if "long-session" in asset.allow else OPCUA_SESSION_MS


def permitted(asset: Asset, service: Service | None) -> Permissions:
    """Nothing for a port without a service.  Function 17 waits for a device profile to ask for it."""
    if service is None:
        return Permissions()
    sturdy = asset.probing in ("standard", "robust")
    return Permissions(
        unit=service.unit if service.protocol in ("modbus", "modbus-tls") else None,
        registers=tuple(Span(row.table, row.address, row.count) for row in service.registers),
        session_ms=session_ms(asset),
        browse=frozenset(v.removeprefix("ns=0;") for v in service.variables if sturdy),
        bulk=sturdy and asset.role in NETWORK_GEAR,
        paths=frozenset(service.paths),
    )
