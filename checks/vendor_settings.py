"""Judging the settings a device profile names: what several checks share."""

from __future__ import annotations

from checks.facts.switches import SnmpSetting, SnmpSettings
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed


def of(settings: SnmpSettings | None, control: str) -> tuple[SnmpSetting, ...]:
    """The settings a check judges."""
    return tuple(s for s in settings.settings if s.control == control) if settings else ()


def judged(found: tuple[SnmpSetting, ...]) -> Verdict | None:
    """
    Fails on one wrong word, and passes only when every setting was shown; None for no settings.

    A number the profile has no word for is nobody's pass.
    """
    if not found:
        return None
    wrong = [s for s in found if s.value and s.value not in s.wanted and not _unknown(s)]
    if wrong:
        return failed(
            Reason.NOT_CONFIGURED,
            "; ".join(f"{s.name} is {s.value}, not {' or '.join(s.wanted)}" for s in wrong) + ".",
            where=tuple(s.name for s in wrong),
        )
    open_ones = [s for s in found if not s.value or _unknown(s)]
    if open_ones:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"The device does not show {', '.join(s.name for s in open_ones)} in a way we know.",
            where=tuple(s.name for s in open_ones),
        )
    return passed("; ".join(f"{s.name} is {s.value}" for s in found) + ".")


def _unknown(setting: SnmpSetting) -> bool:
    return setting.value.lstrip("-").isdigit() and setting.value not in setting.wanted
