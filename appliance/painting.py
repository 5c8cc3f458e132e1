"""The outlets' picture of this moment, painted from what the rounds remember."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version

from appliance.outlets.picture import AssetPicture, Picture, ZonePicture
from appliance.round import Rounds
from appliance.site.model import Asset
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
) -> Picture:
    """Everything that can be shown now."""
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
            )
            for z in site.zones
        ),
        assets=tuple(_asset(rounds, a, visits.get(a.id)) for a in site.assets),
        standings=tuple(sorted(rounds.standings.items(), key=lambda item: str(item[0]))),
        checks={check.id: check for check in ALL},
        observations=observations,
        cells=rounds.cells(),
        ledger_size=rounds.store.size,
        last_checkpoint=checkpoint_at,
        outbox=outbox,
        last_reload_successful=reloaded,
        held=rounds.guard.held,
        lateness=rounds.lateness.worst(),
        refused=dict(rounds.refusals.counts),
        nothing_sent_since=held.holds.quiet_since(rounds.guard.last_sent),
        in_the_way=in_the_way(site, held),
    )


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
    )
