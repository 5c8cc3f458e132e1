"""Comparing what a device says it is with what the inventory says."""

from __future__ import annotations

from dataclasses import dataclass

from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@dataclass(frozen=True)
class Field:
    """
    One field of the inventory and the places where the device may show it.

    `stated` empty: the inventory does not say.  `shown` may hold empty texts for what the device
    does not expose; one that equals is enough.
    """

    name: str
    stated: str
    shown: tuple[str, ...]


def compare(fields: tuple[Field, ...]) -> Verdict:
    """Judge the fields the inventory states; letter case and surrounding blanks do not count."""
    stated = [f for f in fields if f.stated.strip()]
    if not stated:
        return not_applicable(
            f"The inventory states none of {', '.join(f.name for f in fields)} for this asset."
        )
    hidden = [f for f in stated if not any(s.strip() for s in f.shown)]
    differing = [f for f in stated if f not in hidden and not _equal(f)]
    if differing:
        return failed(
            Reason.DIFFERS,
            "The device is not the one in the inventory: "
            + "; ".join(f"{f.name} is {_texts(f)}, not {f.stated.strip()!r}" for f in differing)
            + ".",
            where=tuple(f.name for f in differing),
        )
    if hidden:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"The device does not show its {' and '.join(f.name for f in hidden)}.",
            where=tuple(f.name for f in hidden),
        )
    return passed(f"The device shows the {', '.join(f.name for f in stated)} of the inventory.")


def _equal(field: Field) -> bool:
    stated = field.stated.strip().casefold()
    return any(text.strip().casefold() == stated for text in field.shown)


def _texts(field: Field) -> str:
    return " or ".join(repr(text.strip()) for text in field.shown if text.strip())
