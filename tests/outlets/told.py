"""Alerts and their circumstances as messages take them."""

from __future__ import annotations

from datetime import datetime

from appliance.outlets.alerts import Acknowledged, Alert, Phase, Word
from appliance.outlets.circumstances import Circumstances
from checks.facts.standing import StateKey
from tests.outlets.conftest import AT

AROUND = Circumstances(
    basis="enforced",
    vantages=("dmz",),
    neighbours=("plc-2.tcp-4840.some-check",),
    failing=1,
    restraint="zone control is on hold",
    call="operations",
    leave="Do not restart it.",
)


def row(key: StateKey, now: str = "differs", *, at: datetime = AT, **differs: object) -> Alert:
    values = {"heard": now, "was": "pass", "last_good": AT, "vantages": ("dmz",), "begun": (at,)}
    return Alert(key, now, at, **(values | differs))  # type: ignore[arg-type]


__all__ = ["AROUND", "Acknowledged", "Phase", "Word", "row"]
