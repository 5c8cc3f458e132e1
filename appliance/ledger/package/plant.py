"""Sections 01 and 02: what the package is about, and what the inventory says and how it changed."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.ledger.package.material import Material
from appliance.ledger.package.span import time_of
from appliance.ledger.package.tables import Table, table

_LABORATORY = "yes: limits were lifted, so this is no evidence of a plant"
_INVENTORY = ("assets.", "types.")


def scope(m: Material) -> list[Table]:
    site = m.site.site
    differs = "" if m.at_hand == m.in_force else "another one was in force at the period's end"
    rows = [
        ("site", site.id),
        ("name", site.name),
        ("local time zone (all times here are UTC)", site.timezone),
        ("period from", m.span.start),
        ("period to", m.span.end),
        ("chosen", str(m.choice)),
        ("laboratory", _LABORATORY if site.laboratory else "no"),
        ("physical", site.scope.physical),
        ("logical", site.scope.logical),
        ("equipment", site.scope.equipment),
        ("exclusions", site.scope.exclusions),
        ("configuration described here", m.at_hand),
        ("configuration recorded last in the period", m.in_force),
        ("note", differs),
    ]
    return [
        table("01_scope/scope", "Scope", ("what", "value"), rows),
        table(
            "01_scope/zones",
            "Zones and target levels",
            (
                "zone",
                "name",
                "networks",
                *(f"FR {n}" for n in range(1, 8)),
                "CRS",
                "criticality",
                "responsible",
            ),
            (
                (
                    z.id,
                    z.name,
                    z.networks,
                    *(z.sl_t.of(n) for n in range(1, 8)),
                    z.crs,
                    z.criticality,
                    z.responsible,
                )
                for z in m.site.zones
            ),
        ),
        *_ways_and_roles(m),
    ]


def _ways_and_roles(m: Material) -> list[Table]:
    return [
        table(
            "01_scope/conduits",
            "Conduits and the flows they permit",
            ("conduit", "from", "to", "denies by", "permitted"),
            (
                (c.id, c.from_zone, c.to_zone, c.denies_by, [_flow(a) for a in c.allow])
                for c in m.site.conduits
            ),
        ),
        table(
            "01_scope/vantages",
            "Where the appliance looks from, and external ways in",
            ("id", "zone", "kind", "source or provider"),
            [
                *((v.id, v.zone, v.kind, v.source) for v in m.site.appliance.vantages),
                *((e.id, e.ends_at, e.kind, e.provider) for e in m.site.external_paths),
            ],
        ),
        table(
            "01_scope/roles",
            "People by their id, with their roles",
            ("person", "role"),
            ((p.id, p.role) for p in m.site.people),
            "Names are not part of the log; the owner keeps the list of who is who.",
        ),
    ]


def _flow(allow: object) -> str:
    port = getattr(allow, "port", None)
    ends = [getattr(allow, "source", None) or "any", getattr(allow, "target", None) or "any"]
    return f"{getattr(port, 'transport', '')}/{getattr(port, 'number', '')} {' to '.join(ends)}"


def inventory(m: Material) -> list[Table]:
    assets = [a for a in m.site.assets if m.choice.takes_asset(m.site, a.id)]
    return [
        table(
            "02_inventory/assets",
            "Assets as the inventory has them, and how often each was looked at in the period",
            (
                "asset",
                "zone",
                "role",
                "addresses",
                "vendor",
                "product",
                "order number",
                "serial",
                "approved firmware",
                "services",
                "probing",
                "visits",
                "observations",
                "answered last",
            ),
            (
                (
                    a.id,
                    a.zone,
                    a.role,
                    a.addresses,
                    a.identity.vendor,
                    a.identity.product,
                    a.identity.order_number,
                    a.identity.serial,
                    a.firmware.approved,
                    [f"{s.id} {s.protocol}" for s in a.services],
                    a.probing,
                    m.walked.visits.get(a.id, 0),
                    m.walked.observed.get(a.id, 0),
                    m.walked.last_seen.get(a.id, "never"),
                )
                for a in assets
            ),
        ),
        table(
            "02_inventory/changes",
            "Accepted configurations of the period and what each changed",
            ("time", "entry", "part", "change", "ticket"),
            _changes(m),
            "The ticket column is the owner's to fill.",
        ),
    ]


def _changes(m: Material) -> Iterator[tuple[object, ...]]:
    for index, fields in m.walked.configurations:
        if index < m.span.first:
            continue
        for change in fields.get("changes") or ("nothing",):
            part = "inventory" if str(change).startswith(_INVENTORY) else "configuration"
            yield time_of(fields), m.logs.named(index), part, change, ""
