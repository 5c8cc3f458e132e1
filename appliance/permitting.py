"""What the guard is told of a site: whom we may reach, and how much each may bear."""

from __future__ import annotations

from collections.abc import Callable

from appliance.site.model import Site
from appliance.visit.classes import class_of
from appliance.visit.reach import looks

NEVER = "never"


def targets(site: Site) -> set[tuple[str, str, int]]:
    """Every (address, transport, port) that may be connected to, the control hosts with them."""
    control = {(c.address, "tcp", c.port.number) for c in site.appliance.control}
    return control | {
        (asset.address, look.port.transport, look.port.number)
        for asset in site.assets
        if asset.probing != NEVER and not asset.safety
        for look in looks(site, asset)
    }


def daily(site: Site) -> Callable[[str], int]:
    """From an address to the packets it may get in 24 hours."""
    lab = site.site.laboratory
    shares = {
        a.address: class_of(a.probing, laboratory=lab).packets_a_day
        for a in site.assets
        if a.probing != NEVER
    }
    return lambda address: shares.get(address, 20_000)
