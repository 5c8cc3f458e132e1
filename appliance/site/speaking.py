"""From which of our addresses a service may be spoken to: derived from the configuration alone."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.site.assets import Asset, Service
from appliance.site.model import Conduit, Port, Site, Vantage

SECOND_LOOK = ("snmp",)
"""The protocols whose services are asked one question from a second address."""


def permitted(conduit: Conduit | None, vantage: Vantage, asset: Asset, port: Port) -> bool:
    """Whether the zone is shared (no conduit) or the conduit lists this flow."""
    if conduit is None:
        return True
    return any(
        allow.port == port
        and allow.target in (None, asset.id)
        and (allow.source == vantage.id or (allow.source is None and vantage.kind == "monitor"))
        for allow in conduit.allow
    )


def second_of(ways: Sequence[Vantage], asset: Asset, service: Service) -> Vantage | None:
    """
    From where the service is asked once more as somebody who is not its manager.

    `ways` are the vantages that may speak to it, the one that does first.  Both must have an
    address of their own: what the kernel chooses might be the same for both.
    """
    if service.protocol not in SECOND_LOOK or service.credential is None or not ways:
        return None
    if ways[0].source is None:
        return None
    others = (v for v in ways[1:] if v.kind == "plain" and v.zone == asset.zone)
    return next((v for v in others if v.source not in (None, ways[0].source)), None)


def second_look(site: Site, asset: Asset, service: Service) -> Vantage | None:
    """As `second_of`, for a service of the site."""
    ways = []
    for vantage in site.appliance.vantages:
        shared = vantage.zone == asset.zone
        conduit = None if shared else site.conduit(vantage.zone, asset.zone)
        if shared or (conduit and permitted(conduit, vantage, asset, service.port)):
            ways.append(vantage)
    return second_of(ways, asset, service)
