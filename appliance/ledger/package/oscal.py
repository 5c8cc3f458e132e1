"""
OSCAL assessment results, by hand: one observation a key, one finding a decided cell.

Ids are uuid5 of the log, the period and the thing itself, so the same package is the same bytes.
An undecided cell gets no finding: OSCAL knows satisfied and not-satisfied only, and unknown is
neither.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid5

from appliance.judge.matrix import Cell, MatrixCell
from appliance.ledger.package.history import History
from appliance.ledger.package.material import Material
from appliance.ledger.package.tables import instant, share
from checks.facts.standing import StateKey

VERSION = "1.2.3"
NS = "https://upheld.invalid/ns/oscal"
_NAMESPACE = UUID("5d5a2f0c-6a55-5b0b-8f6e-6b7065686c64")
_DECIDED = {Cell.SUPPORTED: ("satisfied", "pass"), Cell.CONTRADICTED: ("not-satisfied", "fail")}


def assessment_results(m: Material) -> dict[str, Any]:
    named = _Named(m)
    ended = instant(m.span.end)
    observations = [_observation(named, k, h) for k, h in m.histories]
    findings = [f for c in m.cells if (f := _finding(named, m, c)) is not None]
    selections: dict[str, Any] = {"include-all": {}}
    result: dict[str, Any] = {
        "uuid": named("result"),
        "title": f"Continuous verification of {m.choice}",
        "description": "What was seen over the period; it supports an assessment and decides none.",
        "start": instant(m.span.start),
        "end": ended,
        "reviewed-controls": {"control-selections": [selections]},
    }
    # The model wants at least one of each, or the key absent.
    result |= {"observations": observations} if observations else {}
    result |= {"findings": findings} if findings else {}
    return {
        "assessment-results": {
            "uuid": named("assessment-results"),
            "metadata": {
                "title": f"Evidence of {m.site.site.id}",
                "last-modified": ended,
                "version": str(m.facts["head"]["size"]),
                "oscal-version": VERSION,
                "remarks": "Requirement ids and short titles only. " + str(m.facts["statement"]),
            },
            "import-ap": {"href": f"#{named('plan')}"},
            "results": [result],
            "back-matter": {
                "resources": [
                    {
                        "uuid": named("plan"),
                        "title": "Assessment plan",
                        "description": "Continuous verification; there is no separate plan. "
                        "How each check judges is in 10_method/checks.csv.",
                    }
                ]
            },
        }
    }


class _Named:
    def __init__(self, m: Material) -> None:
        self._of = f"{m.facts['origin']} {m.facts['head']['root']} {m.span} {m.choice}"

    def __call__(self, what: str) -> str:
        return str(uuid5(_NAMESPACE, f"{self._of} {what}"))


def _observation(named: _Named, key: StateKey, history: History) -> dict[str, Any]:
    final = history.final
    props = {
        "key": str(key),
        "check": key.check,
        "state": final.state.value if final else "removed",
        "reason": final.reason.value if final else "removed",
        "observed-percent": share(history.observed, history.length),
        "held-percent": share(history.held, history.judged),
        "failures": str(len(history.failures)),
    }
    return {
        "uuid": named(f"observation {key}"),
        "title": str(key),
        "description": _line(final.said if final else "") or "Nothing was said.",
        "props": [{"name": n, "ns": NS, "value": v} for n, v in props.items() if v],
        "methods": ["TEST"],
        "collected": instant(final.evaluated if final else history.end),
    }


def _finding(named: _Named, m: Material, cell: MatrixCell) -> dict[str, Any] | None:
    decided = _DECIDED.get(cell.cell)
    if decided is None:
        return None
    keys = [e.key for e in cell.evidence if e.key in m.walked.histories]
    state, reason = decided
    found: dict[str, Any] = {
        "uuid": named(f"finding {cell.zone} {cell.requirement.id}"),
        "title": f"{cell.requirement.id} in zone {cell.zone}: {cell.cell.value}",
        "description": f"Shown on {cell.shown} of {cell.assets} assets of the zone.",
        "target": {
            "type": "objective-id",
            "target-id": _token(f"{cell.zone}-{cell.requirement.id}"),
            "title": cell.requirement.title,
            "status": {
                "state": state,
                "reason": reason,
                "remarks": "What the selected checks saw; never that a level is reached.",
            },
        },
    }
    if keys:
        found["related-observations"] = [
            {"observation-uuid": named(f"observation {k}")} for k in dict.fromkeys(keys)
        ]
    return found


def _token(text: str) -> str:
    """An NCName: letters, digits, dots and hyphens, not beginning with a digit."""
    plain = re.sub("[^a-z0-9.-]+", "-", text.lower())
    return plain if plain[:1].isalpha() else f"z-{plain}"


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
