"""What the inventory and an asset's class permit to be said to one of its services."""

from __future__ import annotations

from dataclasses import replace

from appliance.site.model import Asset, Service
from collectors.allowed import Permissions, Span
from collectors.allowed.permissions import OPCUA_SESSION_MS
from collectors.opcua_rights import ROLE_SET

NETWORK_GEAR = frozenset({"switch", "router", "firewall", "gateway"})
LONG_SESSION_MS = 24 * 3_600_000


def _browse(service: Service) -> frozenset[str]:
    if service.protocol != "opcua":
        return frozenset()
    return frozenset((ROLE_SET, *(node.removeprefix("ns=0;") for node in service.variables)))


def session_ms(asset: Asset) -> int:
    """How long an OPC UA session to ask for."""
    return LONG_SESSION_MS if "long-session" in asset.allow else OPCUA_SESSION_MS


def with_server_id(permits: Permissions) -> Permissions:
    """The same, with Modbus function 17."""
    return replace(permits, report_server_id=True)


def permitted(asset: Asset, service: Service | None) -> Permissions:
    """
    Nothing for a port without a service.

    Function 17 is permitted by the asker, once the device has named a family whose profile does.
    """
    if service is None:
        return Permissions()
    sturdy = asset.probing in ("standard", "robust")
    return Permissions(
        unit=service.unit if service.protocol in ("modbus", "modbus-tls") else None,
        registers=tuple(Span(row.table, row.address, row.count) for row in service.registers),
        session_ms=session_ms(asset),
        browse=_browse(service) if sturdy else frozenset(),
        bulk=sturdy and asset.role in NETWORK_GEAR,
        paths=frozenset(service.paths),
    )
