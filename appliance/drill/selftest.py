"""Every check is tried on facts it must fail; one that does not is believed no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

import structlog

from appliance.ledger import bodies
from appliance.rounds.falling import distrust
from appliance.rounds.round import Rounds
from checks import ALL
from checks.known_bad import FILE, broken

log = structlog.get_logger()


def tried() -> dict[str, str]:
    """The checks of the running program that are broken, each with why."""
    try:
        text = files("checks").joinpath(FILE).read_text("utf-8")
        return broken(text, ALL)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        # Without the bad facts no check can show that it still tells good from bad.
        return {check.id: f"the known-bad facts cannot be read: {error}" for check in ALL}


async def run(rounds: Rounds) -> Mapping[str, str]:
    """Try, write down what changed, and let the broken ones judge no more."""
    before, found = rounds.drilled.broken, tried()
    at = rounds.clock.now()
    rounds.drilled = replace(rounds.drilled, tested=at)
    if found != before or found:
        await distrust(rounds, found)
    if found != before:
        body = bodies.entry("selftest", at, {"checks": len(ALL), "broken": found})
        await rounds.note([body], lambda _: ())
        for name, why in found.items():
            log.error("check is broken and judges no more", check=name, why=why)
    return found
