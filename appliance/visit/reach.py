"""Who may be touched from where: default deny, derived from the configuration alone."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.site.model import Asset, Conduit, Port, Service, Site, Vantage
from appliance.site.speaking import permitted
from collectors.allowed import never_connect


@dataclass(frozen=True)
class Look:
    """
    One port of an asset from one vantage.

    `permitted`: the zone is shared or the conduit lists this flow.  Only such services are spoken
    to; everything else is connected to and closed without a byte.
    """

    vantage: Vantage
    port: Port
    service: Service | None
    conduit: str | None
    permitted: bool


NEVER = "never"

Triple = tuple[str, str, int]
"""Address, transport and port."""


def touched(asset: Asset) -> bool:
    """Whether anything may be sent to it at all."""
    return asset.probing != NEVER and not asset.safety


def targets(site: Site) -> frozenset[Triple]:
    """Everything that may be connected to at all: what is looked at, and the control hosts."""
    found = {(c.address, c.port.transport, c.port.number) for c in site.appliance.control}
    for asset in site.assets:
        if touched(asset):
            found |= {
                (asset.address, look.port.transport, look.port.number)
                for look in looks(site, asset)
            }
    return frozenset(found)


def looks(site: Site, asset: Asset) -> tuple[Look, ...]:
    """Every port of the asset that is looked at, from every vantage that can see its zone."""
    found: list[Look] = []
    for vantage in site.appliance.vantages:
        conduit = site.conduit(vantage.zone, asset.zone) if vantage.zone != asset.zone else None
        if vantage.zone != asset.zone and conduit is None:
            continue
        found += _from(site, vantage, conduit, asset)
    return tuple(found)


def _from(site: Site, vantage: Vantage, conduit: Conduit | None, asset: Asset) -> list[Look]:
    name = conduit.id if conduit else None
    found = []
    for service in asset.services:
        may = permitted(conduit, vantage, asset, service.port)
        tested_by_connecting = service.port.transport == "tcp"
        if may or (tested_by_connecting and not _listed_for_the_zone(conduit, asset, service.port)):
            found.append(Look(vantage, service.port, service, name, may))
    declared = {s.port for s in asset.services}
    found += [
        Look(vantage, port, None, name, permitted(conduit, vantage, asset, port))
        for port in site.closed_ports
        if port not in declared
        and not _listed_for_the_zone(conduit, asset, port)
        and never_connect(port.transport, port.number) is None
    ]
    return found


def _listed_for_the_zone(conduit: Conduit | None, asset: Asset, port: Port) -> bool:
    """A flow anybody in the zone may use: an open port says nothing against the conduit."""
    return conduit is not None and any(
        a.port == port and a.source is None and a.target in (None, asset.id) for a in conduit.allow
    )
