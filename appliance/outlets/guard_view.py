"""The appliance itself as its page shows it: budgets, breakers, trust, outlets and time."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.outlets.picture import AssetPicture, Picture
from appliance.outlets.text import harmless
from appliance.outlets.views import LONGEST_SENTENCE, Moment, moment

MOST_BUDGETS = 200
WORN = 0.8
"""Of a day's budget: from here on visits may be left out."""


@dataclass(frozen=True)
class Outlet:
    """Who is told, and how many messages wait for him."""

    name: str
    waiting: int


@dataclass(frozen=True)
class Refusals:
    asset: str
    reason: str
    times: int


@dataclass(frozen=True)
class Anchored:
    """One place outside: when it last had our head, of how many entries, how many came since."""

    id: str
    kind: str
    last: Moment | None
    size: int
    since: int
    trouble: str


@dataclass(frozen=True)
class Guarded:
    """
    `assets` are those that used most of their budget, `apart` those a breaker or missing trust
    keeps from whole visits.
    """

    assets: tuple[AssetPicture, ...]
    more: int
    apart: tuple[AssetPicture, ...]
    refused: tuple[Refusals, ...]
    outlets: tuple[Outlet, ...]
    packets: int
    octets: int
    clock: str
    clock_good: bool


def guarded(picture: Picture) -> Guarded:
    most = sorted(picture.assets, key=lambda a: (-a.budget_used_ratio, a.id))
    names = dict.fromkeys((*picture.outlets, *picture.outbox))
    return Guarded(
        assets=tuple(most[:MOST_BUDGETS]),
        more=max(0, len(most) - MOST_BUDGETS),
        apart=tuple(a for a in picture.assets if _apart(a)),
        refused=tuple(
            Refusals(asset, harmless(reason), times)
            for (asset, reason), times in sorted(picture.refused.items(), key=lambda i: -i[1])
        ),
        outlets=tuple(Outlet(name, picture.outbox.get(name, 0)) for name in names),
        packets=sum(a.packets_sent for a in picture.assets),
        octets=sum(a.octets_sent for a in picture.assets),
        clock=_clock(picture),
        clock_good=picture.clock is not None and picture.clock.synchronised,
    )


def anchored(picture: Picture) -> tuple[Anchored, ...]:
    """Every place the evidence is anchored at, those in trouble first."""
    found = [
        Anchored(
            a.id,
            a.kind,
            moment(a.last, picture.at) if a.last else None,
            a.size,
            max(0, picture.ledger_size - a.size),
            harmless(a.trouble, LONGEST_SENTENCE),
        )
        for a in picture.anchors
    ]
    return tuple(sorted(found, key=lambda a: (not a.trouble, a.last is not None, a.id)))


def _apart(asset: AssetPicture) -> bool:
    return asset.breaker not in ("", "closed") or asset.level not in ("", "active")


def _clock(picture: Picture) -> str:
    if picture.clock is None:
        return "not asked"
    if not picture.clock.synchronised:
        return "not synchronised: nothing that rests on a date is judged"
    error = picture.clock.max_error_ms
    return "synchronised" + ("" if error is None else f", wrong by {error} ms at most")
