"""How much of what was planned for an asset is known and in age."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from appliance.recall import Recall
from appliance.site.model import Asset
from appliance.visit.asks import Ask
from checks.facts.context import OwnAsset

INTERVALS = 3
LATE = timedelta(seconds=30)


def covered(
    recall: Recall, asset: Asset, planned: Sequence[Ask], every: timedelta, *, running: float
) -> OwnAsset:
    """`running` is how many seconds we have been at it."""
    young = recall.young(asset.id, INTERVALS * every + LATE)
    # What has never been asked counts once it should have been: not in the first minutes.
    late = running > INTERVALS * every.total_seconds()
    counted = [
        ask for ask in planned if ask.forbidden is None and (late or recall.ever_asked(asset, ask))
    ]
    known = sum((a.look.port.id, a.look.vantage.id, a.question.id) in young for a in counted)
    return OwnAsset(asset.id, asset.zone, planned=len(counted), answered=known)
