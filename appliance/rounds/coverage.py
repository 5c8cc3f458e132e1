"""How much of what was planned for an asset is known and in age."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from appliance.rounds.recall import Recall
from appliance.site.model import Asset
from appliance.visit.asks import Ask
from checks.facts.context import OwnAsset

INTERVALS = 3
LATE = timedelta(seconds=30)


def covered(
    recall: Recall,
    asset: Asset,
    planned: Sequence[Ask],
    wait: Callable[[Asset, Ask], timedelta],
    *,
    running: float,
    behind: str = "",
) -> OwnAsset:
    """
    `wait` is how long lies between two askings, `running` how many seconds we have been at it,
    `behind` what its newest look heard nothing behind.
    """
    young: dict[timedelta, set[tuple[str, str, str]]] = {}
    counted = known = pending = 0
    for ask in planned:
        if ask.forbidden is not None:
            continue
        between = wait(asset, ask)
        # What has never been asked is missing once it should have been: not in the first minutes.
        if running <= INTERVALS * between.total_seconds() and not recall.ever_asked(asset, ask):
            pending += 1
            continue
        if between not in young:
            young[between] = recall.young(asset.id, INTERVALS * between + LATE)
        counted += 1
        known += (ask.look.port.id, ask.look.vantage.id, ask.question.id) in young[between]
    return OwnAsset(asset.id, asset.zone, counted, known, behind=behind, pending=pending)
