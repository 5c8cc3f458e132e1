"""The outlets' picture of this moment, painted from what the rounds remember."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

from appliance.ledger.keys import VKEY_FILE
from appliance.ledger.package.method import by_hand
from appliance.outlets.picture import AnchorPicture, AssetPicture, Picture, ZonePicture
from appliance.outlets.sources import Sources
from appliance.rounds.matrices import Matrices
from appliance.rounds.round import Rounds
from appliance.site.model import Asset, Site
from appliance.visit.guard.waiting import in_the_way
from checks import ALL
from checks.facts.context import Presence
from checks.facts.observation import Observation


def paint(
    rounds: Rounds,
    *,
    started: datetime,
    checkpoint_at: datetime | None,
    outbox: Mapping[str, int],
    reloaded: bool,
    anchors: tuple[AnchorPicture, ...] = (),
    unadopted: str = "",
) -> Picture:
    """Everything that can be shown now but the matrix, which takes longer than a visit may wait."""
    site, held = rounds.site, rounds.guard.restraints
    observations = tuple(rounds.recall.memory)
    newest = sorted(observations, key=lambda o: o.finished)
    visits = {o.asset: o for o in newest if o.facts_type == Presence.__name__}
    return Picture(
        at=rounds.clock.now(),
        started=started,
        version=version("upheld"),
        site_id=site.site.id,
        site_name=site.site.name,
        appliance_id=site.appliance.id,
        laboratory=site.site.laboratory,
        zones=tuple(
            ZonePicture(
                z.id,
                z.name,
                tuple(c.id for c in site.conduits if z.id in (c.from_zone, c.to_zone)),
                sl_t=tuple(z.sl_t.of(fr) for fr in range(1, 8)),
                responsible=z.responsible,
                criticality=z.criticality or "",
                crs=z.crs,
            )
            for z in site.zones
        ),
        assets=tuple(_asset(rounds, a, visits.get(a.id)) for a in site.assets),
        standings=tuple(sorted(rounds.standings.items(), key=lambda item: str(item[0]))),
        checks={check.id: check for check in ALL},
        observations=observations,
        ledger_size=rounds.store.size,
        last_checkpoint=checkpoint_at,
        outbox=outbox,
        last_reload_successful=reloaded,
        held=rounds.guard.held,
        lateness=rounds.lateness.worst(),
        refused=dict(rounds.refusals.counts),
        nothing_sent_since=held.holds.quiet_since(rounds.guard.last_sent),
        in_the_way=in_the_way(site, held),
        drilled=rounds.drilled,
        anchors=anchors,
        unadopted=unadopted,
        alerts=dict(rounds.teller.book.rows),
        links=rounds.links(),
        outlets=_outlets(site),
        clock=rounds.clock.quality(),
    )


def sources(
    rounds: Rounds, matrices: Matrices, status: Callable[[Picture], dict[str, Any]]
) -> Sources:
    """What the pages read beside the picture, always of the configuration in force."""
    state = rounds.store.path.parent
    return Sources(
        ledger=rounds.store.path,
        vkey=lambda: (state / VKEY_FILE).read_text("utf-8").strip(),
        status=status,
        matrix=matrices.cells,
        by_hand=lambda key, check: by_hand(rounds.site, key, check),
    )


def _outlets(site: Site) -> tuple[str, ...]:
    """As the outbox names them."""
    socs = (f"soc-{n}" for n in range(1, len(site.outlets.soc) + 1))
    return (*(["mqtt"] if site.outlets.mqtt else []), *socs)


def _asset(rounds: Rounds, asset: Asset, seen: Observation | None) -> AssetPicture:
    """`seen` is what the newest visit to it said of itself, maybe of before a restart."""
    address, held = asset.address, rounds.guard.restraints
    load = rounds.guard.loads[address]
    permit = held.trusts.permit(asset.id) if asset.id in rounds.planned else None
    budget = held.a_day(address)
    return AssetPicture(
        id=asset.id,
        zone=asset.zone,
        role=asset.role,
        vendor=asset.identity.vendor,
        type=asset.type or "",
        addresses=tuple(i.address for i in asset.interfaces),
        up=seen.alive if seen else None,
        last_visit=seen.finished if seen else None,
        last_alive=rounds.recall.last_alive.get(asset.id),
        visit_seconds=(seen.finished - seen.started).total_seconds() if seen else None,
        packets_sent=load.packets,
        octets_sent=load.octets,
        budget_used_ratio=held.budgets.used_ratio(address),
        connections=load.connections,
        sessions=load.sessions,
        budget=budget,
        budget_used=budget - held.budgets.left(address, budget),
        level=permit.level.value if permit else "never",
        level_why=permit.why if permit else f"{asset.id} is never touched",
        breaker=held.breakers.stand(address).way.value,
        usual_us=held.canaries.usual(address),
        product=asset.identity.product,
        order_number=asset.identity.order_number,
        serial=asset.identity.serial,
        mac=asset.identity.mac,
        approved=asset.firmware.approved,
        probing=asset.probing,
        behind=asset.behind or "",
    )
