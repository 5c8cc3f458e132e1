"""What a running appliance does beside its turns, each begun again when it breaks: one line a duty."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from appliance.drill.drilling import Drilling
from appliance.running.keeping import Keeping

Duty = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set.  Nothing a duty does may delay a visit."""


def duties(drilling: Drilling, keeping: Keeping) -> Mapping[str, Duty]:
    """By the name the log knows them by."""
    return {
        "drill": drilling.run,
        "anchors": keeping.anchoring.run,
        "chronicle": keeping.chronicle.run,
    }
