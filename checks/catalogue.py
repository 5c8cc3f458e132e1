"""The coverage table of README.md, written from the checks themselves.  Pure: text in, text out."""

from __future__ import annotations

from collections.abc import Iterable

from checks.check import Check

BEGIN = "<!-- coverage table: generated, do not edit -->"
END = "<!-- end of coverage table -->"


def table(checks: Iterable[Check]) -> str:
    """One Markdown row per check, in the order given."""
    rows = [
        "| check | holds when | about | severity | IEC 62443-3-3 |",
        "| --- | --- | --- | --- | --- |",
    ]
    rows += [_row(check) for check in checks]
    return "\n".join(rows)


def with_table(readme: str, checks: Iterable[Check]) -> str:
    """
    The text with the table between its two markers brought up to date.

    Raises `ValueError` when a marker is missing.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the text needs the lines {BEGIN!r} and {END!r}, in this order")
    return f"{before}{BEGIN}\n\n{table(checks)}\n\n{END}{after}"


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
