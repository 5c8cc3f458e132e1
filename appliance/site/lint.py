"""
What a sound configuration still makes one wonder about: warnings, each with its reason.

None of them keeps anything from running; the owner may have good reasons of his own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import combinations

from appliance.site.model import Asset, Conduit, Site, Zone

CONTROLLERS = frozenset({"plc", "rtu"})
ADMINISTRATION = frozenset({"ssh", "telnet", "rdp", "vnc", "http", "https"})
ADMINISTRATION_PORTS = frozenset({22, 23, 3389, 5900, 5985})


@dataclass(frozen=True)
class Warning:  # noqa: A001 - the word everybody uses
    """What it is about (zone, conduit or asset id), what was found, and why it matters."""

    subject: str
    found: str
    why: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.found}; {self.why}"


def lint(site: Site) -> tuple[Warning, ...]:
    """Every warning, in the order of the configuration."""
    return (
        *_safety_beside_control(site),
        *_levels_on_one_network(site),
        *_passing_guests(site),
        *_conduits(site),
        *_administration(site),
        *_unseen(site),
        *_clear_secrets(site),
    )


def _safety_beside_control(site: Site) -> Iterator[Warning]:
    for zone in site.zones:
        inside = _inside(site, zone)
        safety = [a.id for a in inside if a.safety]
        if safety and len(safety) < len(inside):
            yield Warning(
                zone.id,
                f"{', '.join(safety)} of the safety system beside {len(inside) - len(safety)} "
                "other assets",
                "62443-3-2 wants safety related assets in a zone of their own",
            )


def _levels_on_one_network(site: Site) -> Iterator[Warning]:
    for one, other in combinations(site.zones, 2):
        shared = next(
            (net for net in one.networks for second in other.networks if _overlap(net, second)),
            None,
        )
        if shared is not None and one.sl_t != other.sl_t:
            yield Warning(
                one.id,
                f"network {shared} shared with zone {other.id}, which has another SL-T",
                "nothing stands between them that could hold the higher level",
            )


def _overlap(one: str, other: str) -> bool:
    first, second = ip_network(one), ip_network(other)
    return first.version == second.version and first.overlaps(second)


def _passing_guests(site: Site) -> Iterator[Warning]:
    for zone in site.zones:
        inside = _inside(site, zone)
        if not any(a.role in CONTROLLERS for a in inside):
            continue
        for asset in inside:
            if asset.link.kind != "lan":
                yield Warning(
                    asset.id,
                    f"reached by {asset.link.kind} in zone {zone.id} beside controllers",
                    "62443-3-2 wants wireless devices in a zone of their own",
                )
            elif asset.presence.seen_within is not None and asset.role not in CONTROLLERS:
                yield Warning(
                    asset.id,
                    f"present only now and then in zone {zone.id} beside controllers",
                    "62443-3-2 wants temporarily connected devices in a zone of their own",
                )


def _conduits(site: Site) -> Iterator[Warning]:
    for conduit in site.conduits:
        behind = [a for a in site.assets if a.interface_in(conduit.to_zone)]
        if not conduit.allow:
            yield Warning(
                conduit.id,
                "a conduit that allows nothing",
                "leave it out if nothing crosses: what is not listed is denied anyway",
            )
        for allow in conduit.allow:
            offered = {s.port for a in behind if allow.target in (None, a.id) for s in a.services}
            if behind and allow.port not in offered:
                yield Warning(
                    conduit.id,
                    f"{allow.port} allowed, and no asset behind it offers that",
                    "a permit nobody uses is a hole nobody watches",
                )


def _administration(site: Site) -> Iterator[Warning]:
    """Once a site says from where it is administered, every other way is worth a look."""
    managing = {z.id for z in site.zones if z.management}
    ours = {v.id for v in site.appliance.vantages}
    for conduit in site.conduits if managing else ():
        if conduit.from_zone in managing:
            continue
        behind = [a for a in site.assets if a.interface_in(conduit.to_zone)]
        for allow in conduit.allow:
            offered = {
                s.port
                for a in behind
                if allow.target in (None, a.id)
                for s in a.services
                if s.protocol in ADMINISTRATION
            }
            usual = allow.port.transport == "tcp" and allow.port.number in ADMINISTRATION_PORTS
            if allow.source not in ours and (usual or allow.port in offered):
                yield Warning(
                    conduit.id,
                    f"{allow.port} for administration allowed from zone {conduit.from_zone}",
                    f"the site is administered from zone {' or '.join(sorted(managing))}",
                )


def _unseen(site: Site) -> Iterator[Warning]:
    for conduit in unwatched(site):
        yield Warning(
            conduit.id,
            f"no plain vantage in zone {conduit.from_zone}",
            "its checks can fail but never pass: a permitted vantage sees what others may not",
        )
    seen = {v.zone for v in site.appliance.vantages}
    reached = seen | {c.to_zone for c in site.conduits if c.from_zone in seen}
    for zone in site.zones:
        if zone.id not in reached and any(_visited(a) for a in _inside(site, zone)):
            yield Warning(
                zone.id,
                "no vantage in it, and no conduit to it from one",
                "none of its assets is ever looked at",
            )


def unwatched(site: Site) -> tuple[Conduit, ...]:
    """The conduits no plain vantage sees."""
    plain = {v.zone for v in site.appliance.vantages if v.kind == "plain"}
    return tuple(c for c in site.conduits if c.from_zone not in plain)


def _clear_secrets(site: Site) -> Iterator[Warning]:
    kinds = {c.id: c.kind for c in site.credentials}
    for asset in site.assets:
        for service in asset.services:
            if service.credential and kinds.get(service.credential) == "community":
                yield Warning(
                    asset.id,
                    f"community {service.credential} on {service.port}",
                    "SNMP v1 and v2c send it in the clear to whoever holds the address",
                )


def _inside(site: Site, zone: Zone) -> list[Asset]:
    return [a for a in site.assets if a.zone == zone.id]


def _visited(asset: Asset) -> bool:
    return asset.probing != "never" and not asset.safety
