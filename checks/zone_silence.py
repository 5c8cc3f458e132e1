"""When the silence of many assets is the zone's and no longer theirs."""

from __future__ import annotations

LEAST_SILENT = 3


def is_zone_silent(silent: int, known: int) -> bool:
    """Of so many assets whose newest look is known so many were silent."""
    return silent >= LEAST_SILENT and 2 * silent >= known
