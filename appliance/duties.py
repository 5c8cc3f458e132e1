"""What a running appliance does beside its turns, each begun again when it breaks: one line a duty."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from appliance.drill.drilling import Drilling
from appliance.publishing import Publishing
from appliance.round import Rounds

Duty = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set.  Nothing a duty does may delay a visit."""


def duties(rounds: Rounds, publishing: Publishing, drilling: Drilling) -> Mapping[str, Duty]:
    """By the name the log knows them by."""
    _ = rounds, publishing
    return {"drill": drilling.run}
