"""
Facts every check must fail, as they are kept: one line a check in known_bad.jsonl.

They come from the checks' own tests (`python -m tests.checks.known_bad`), so that nobody states
them twice.  The running program judges them now and then: a check that lets them pass is broken.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, get_type_hints

from checks.check import Check
from checks.deciding import Inputs, decide
from checks.facts.codec import build, join, plain, split
from checks.facts.context import Moment, Own, Records
from checks.facts.expected import Expected
from checks.facts.observation import Observation
from checks.facts.verdict import Outcome

FILE = "known_bad.jsonl"
_HINTS = get_type_hints(Observation)


def written(check: Check, inputs: Inputs) -> str:
    """One line."""
    row = {
        "check": check.id,
        "observations": [_observation(o) for o in inputs.observations],
        "expected": plain(inputs.expected),
        "moment": plain(inputs.moment),
        "records": plain(inputs.records),
        "own": plain(inputs.own),
    }
    return json.dumps(row, sort_keys=True, separators=(",", ":"))


def broken(text: str, checks: Iterable[Check]) -> dict[str, str]:
    """The checks that do not fail what is known to be bad, each with why; `text` is the file."""
    rows = {row["check"]: row for line in text.splitlines() for row in [json.loads(line)]}
    found = {check.id: _wrong(check, rows.get(check.id)) for check in checks}
    return {name: why for name, why in found.items() if why}


def _wrong(check: Check, row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "nothing is known that it must fail"
    try:
        verdict = decide(check, _inputs(row))
    except Exception as error:  # noqa: BLE001 - whatever it is, the check is not to be relied upon
        return f"it breaks over facts it must fail: {type(error).__name__}: {error}"
    if verdict.outcome is Outcome.FAIL:
        return ""
    return f"it says {verdict.outcome} of facts it must fail: {verdict.said}"


def _inputs(row: Mapping[str, Any]) -> Inputs:
    return Inputs(
        observations=tuple(_observed(o) for o in row["observations"]),
        expected=build(Expected, row["expected"]),
        moment=build(Moment, row["moment"]),
        records=build(Records, row["records"]),
        own=build(Own, row["own"]),
    )


def _observation(seen: Observation) -> dict[str, Any]:
    row = {name: plain(getattr(seen, name)) for name in _HINTS if name != "facts"}
    if seen.facts is None:
        return row | {"facts": None}
    stable, readings = split(seen.facts)
    return row | {"facts": stable | readings}


def _observed(row: Mapping[str, Any]) -> Observation:
    values = {name: build(_HINTS[name], row[name]) for name in row if name != "facts"}
    facts = row["facts"]
    return Observation(
        **values, facts=None if facts is None else join(row["facts_type"], facts, {})
    )
