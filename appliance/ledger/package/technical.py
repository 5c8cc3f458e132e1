"""Section 06: the matrix, and behind each cell what was seen over the whole period."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.judge.matrix import Cell, MatrixCell
from appliance.ledger.package.history import NOTHING, History
from appliance.ledger.package.material import Material
from appliance.ledger.package.tables import Table, share, table
from checks.check import Strength
from checks.facts.standing import State, StateKey

ABOUT_SHARES = (
    "Observed: share of the period in which somebody's answer, or a silence heard twice, was "
    "younger than three intervals. Held: share of that time, where the question arose, in which "
    "the control held. Nothing is averaged over zones, and no figure says that a level is reached."
)
KEYS = (
    "state at end", "reason", "observed %", "held %", "failures", "failing in all", "longest",
    "median time to close", "still open", "verdicts", "of them inconclusive", "gaps",
    "time in gaps", "first seen", "last entry",
)  # fmt: skip


def technical(m: Material) -> list[Table]:
    return [
        table(
            "06_technical/matrix",
            "Zones by requirements",
            (
                "zone",
                "requirement",
                "title",
                "cell at the period's end",
                "assets",
                "shown on",
                "least observed %",
                "least held %",
                "failures",
                "longest failure",
                "open failures",
                "holes",
                "acssa_ref",
            ),
            (_cell(m, cell) for cell in m.cells),
            "'Least' is the worst key behind the cell; 'holes' are the assets and services that do not "
            "show the requirement themselves. " + ABOUT_SHARES,
        ),
        table(
            "06_technical/evidence",
            "The evidence behind each cell over the period",
            ("zone", "requirement", "key", "strength", *KEYS, "acssa_ref"),
            (
                (
                    c.zone,
                    c.requirement.id,
                    e.key,
                    e.strength.value,
                    *_over(m, e.key),
                    m.references.of("check", e.key.check),
                )
                for c in m.cells
                for e in c.evidence
                if e.key in m.walked.histories
            ),
            ABOUT_SHARES,
        ),
        *_failures_and_gaps(m),
    ]


def _failures_and_gaps(m: Material) -> list[Table]:
    return [
        table(
            "06_technical/failures",
            "Every failure that touches the period",
            ("key", "began", "ended", "lasted in the period", "reason", "what was said"),
            (
                (k, f.start, f.end or "open", h.lasted(f), f.reason, f.said)
                for k, h in m.histories
                for f in h.failures
            ),
            "A failure ends when something is seen that ends it; silence does not end it.",
        ),
        table(
            "06_technical/gaps",
            "When nobody could say, and why",
            ("key", "from", "to", "lasted", "reason", "what was said"),
            (
                (k, g.start, g.end, (g.end or h.end) - g.start, g.reason, g.said)
                for k, h in m.histories
                for g in h.gaps
            ),
        ),
    ]


def _cell(m: Material, cell: MatrixCell) -> tuple[object, ...]:
    weighty = [e.key for e in cell.evidence if e.strength is not Strength.HINT]
    behind = [m.walked.histories[k] for k in weighty if k in m.walked.histories]
    chosen = cell.cell is not Cell.NOT_SELECTED
    return (
        cell.zone,
        cell.requirement.id,
        cell.requirement.title,
        cell.cell.value,
        cell.assets,
        cell.shown,
        _least((h.observed, h.length) for h in behind) if chosen else "",
        _least((h.held, h.judged) for h in behind) if chosen else "",
        sum(len(h.failures) for h in behind),
        max((h.longest for h in behind), default=NOTHING),
        sum(f.end is None for h in behind for f in h.failures),
        cell.holes if chosen else "",
        m.references.of("requirement", cell.requirement.id),
    )


def _least(parts: Iterator[tuple[object, object]]) -> str:
    ratios = [(part, whole) for part, whole in parts if whole]
    if not ratios:
        return ""
    part, whole = min(ratios, key=lambda r: r[0] / r[1])  # type: ignore[operator]
    return share(part, whole)  # type: ignore[arg-type]


def _over(m: Material, key: StateKey) -> tuple[object, ...]:
    h = m.walked.histories[key]
    final = h.final
    closing = h.closing
    return (
        final.state.value if final else "removed",
        final.reason.value if final else "",
        share(h.observed, h.length),
        share(h.held, h.judged),
        len(h.failures),
        sum((h.lasted(f) for f in h.failures), NOTHING),
        h.longest,
        closing[len(closing) // 2] if closing else "",
        sum(f.end is None for f in h.failures),
        h.verdicts,
        h.inconclusive,
        len(h.gaps),
        sum(((g.end or h.end) - g.start for g in h.gaps), NOTHING),
        h.first_seen,
        m.logs.named(m.walked.last_entry[key]),
    )


def excepted(h: History) -> bool:
    return bool({State.COMPENSATED, State.ACCEPTED} & h.seconds.keys())
