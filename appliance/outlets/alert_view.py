"""What has become of an alert, in the words of the pages and of the terminal."""

from __future__ import annotations

from appliance.outlets.alerts import CAP, FLAPPING, Alert, Phase
from appliance.outlets.text import harmless

LONGEST_WHY = 300


def said_of(alert: Alert | None) -> str:
    """Who has acknowledged it, what hides it, or why it waits to be told; empty: it was told."""
    if alert is None or not alert.open:
        return ""
    if by := alert.acknowledged:
        return harmless(f"acknowledged by {by.who}: {by.why}", LONGEST_WHY)
    if alert.phase is Phase.INHIBITED:
        return harmless(f"inhibited: the silence of {alert.held} explains it", LONGEST_WHY)
    if alert.held == CAP:
        return "not told one by one: its zone has too many at once"
    if alert.held == FLAPPING:
        return "told again when it rests: it comes and goes"
    return ""


def settled(alert: Alert | None) -> bool:
    """Somebody knows of it, or something else explains it: others come first."""
    return alert is not None and alert.phase in (Phase.ACKNOWLEDGED, Phase.INHIBITED)
