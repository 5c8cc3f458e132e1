"""The tables of README.md, written from the checks themselves.  Pure: text in, text out."""

from __future__ import annotations

from collections.abc import Iterable

from checks.check import HINT, ON_INTERFACE, Check
from checks.program import RECORDS
from checks.requirements import REQUIREMENTS

BEGIN = "<!-- coverage table: generated, do not edit -->"
END = "<!-- end of coverage table -->"
NUMBERS_BEGIN = "<!-- numbers: generated, do not edit -->"
NUMBERS_END = "<!-- end of numbers -->"
LEVELS = (1, 2, 3, 4)
FOUNDATIONAL = (1, 2, 3, 4, 5, 6, 7)


def table(checks: Iterable[Check]) -> str:
    """One Markdown row per check, in the order given."""
    rows = [
        "| check | holds when | about | severity | IEC 62443-3-3 |",
        "| --- | --- | --- | --- | --- |",
    ]
    rows += [_row(check) for check in checks]
    return "\n".join(rows)


def numbers(checks: Iterable[Check]) -> str:
    """
    How much of 62443-3-3 the checks reach: by foundational requirement and level.

    A cell counts the requirements a target of that level asks for, those of lower levels
    included: what the checks reach, and what is reached with dated records beside them.  A hint
    reaches nothing, and neither does a signed statement.
    """
    counted = tuple(checks)
    reached = {r for c in counted for r, s in c.requirements.items() if s is not HINT}
    shown = {r for c in counted for r, s in c.requirements.items() if s is ON_INTERFACE}
    recorded = {r for kind in RECORDS for r, s in kind.requirements.items() if s is not HINT}
    both = reached | recorded
    said = (
        f"{len(counted)} checks reach {len(reached)} of the {len(REQUIREMENTS)} requirements of "
        f"IEC 62443-3-3 directly, {len(shown)} of them at work on an interface. With the dated "
        f"records of `checks/program.py` beside them it would be {len(both)}."
    )
    rows = [
        said,
        "",
        "| directly / with records, of what is asked | "
        + " | ".join(f"SL {n}" for n in LEVELS)
        + " |",
        "| --- |" + " --- |" * len(LEVELS),
    ]
    rows += [_reached(f"FR {fr}", reached, both, (fr,)) for fr in FOUNDATIONAL]
    return "\n".join([*rows, _reached("all", reached, both, FOUNDATIONAL)])


def with_table(readme: str, checks: Iterable[Check]) -> str:
    """
    The text with the table between its two markers brought up to date.

    Raises `ValueError` when a marker is missing.
    """
    return _between(readme, BEGIN, END, table(checks))


def with_numbers(readme: str, checks: Iterable[Check]) -> str:
    """As `with_table`, for the numbers."""
    return _between(readme, NUMBERS_BEGIN, NUMBERS_END, numbers(checks))


def _between(text: str, first: str, last: str, body: str) -> str:
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"the text needs the lines {first!r} and {last!r}, in this order")
    return f"{before}{first}\n\n{body}\n\n{last}{after}"


def _reached(
    name: str, reached: Iterable[str], both: Iterable[str], foundational: tuple[int, ...]
) -> str:
    cells = []
    for level in LEVELS:
        asked = {
            r.id
            for r in REQUIREMENTS.values()
            if r.foundational in foundational and r.first_level <= level
        }
        direct, more = len(asked.intersection(reached)), len(asked.intersection(both))
        cells.append(f"{direct} / {more} of {len(asked)}")
    return f"| {name} | " + " | ".join(cells) + " |"


def _row(check: Check) -> str:
    requirements = ", ".join(f"{r} ({s.value})" for r, s in check.requirements.items())
    path = check.module.removeprefix("checks.").replace(".", "/") + ".py"
    cells = (
        f"[{check.id}]({path})",
        check.title,
        check.about.value,
        check.severity.value,
        requirements,
    )
    return "| " + " | ".join(cells) + " |"
