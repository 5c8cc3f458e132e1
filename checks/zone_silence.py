"""When the silence of many assets is the zone's or the site's, and no longer theirs."""

from __future__ import annotations

from collections.abc import Sequence

from checks.facts.context import OwnZone

LEAST_SILENT = 3
SITE = "the site"
OURSELVES = "our own network"


def zone_named(zone: str) -> str:
    """What an asset is said to lie behind when its whole zone is silent."""
    return f"zone {zone}"


def is_zone_silent(silent: int, known: int) -> bool:
    """Of so many assets whose newest look is known so many were silent."""
    return silent >= LEAST_SILENT and known > LEAST_SILENT and 2 * silent >= known


def is_site_silent(zones: Sequence[OwnZone]) -> bool:
    """
    Two zones fall silent of one cause, not of two.

    Zones too small to be silent by themselves count when half of the whole site is silent too.
    """
    if sum(is_zone_silent(len(z.silent), z.known) for z in zones) > 1:
        return True
    mostly = [z for z in zones if z.silent and 2 * len(z.silent) >= z.known]
    silent = sum(len(z.silent) for z in zones)
    return len(mostly) > 1 and is_zone_silent(silent, sum(z.known for z in zones))
