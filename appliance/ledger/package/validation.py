"""
One verdict as a report somebody can file: what was seen, judged again, and judged with its eyes shut.

Positive control: the asset answered something in that visit, so a bad answer would have been seen.
Negative control: the same check over the same looks with every answer taken away must not pass.
Judged again: the recorded inputs alone lead to the recorded verdict.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from appliance.ledger.bodies import observation
from appliance.ledger.errors import LedgerError
from appliance.ledger.note import Verifier
from appliance.ledger.package.logs import Logs, read_logs
from appliance.ledger.package.pieces import tlog_proof
from appliance.ledger.package.recorded import Recorded
from appliance.ledger.package.span import decoded
from checks import BY_ID
from checks.check import Check
from checks.deciding import Inputs, decide
from checks.facts.codec import build, digest, plain
from checks.facts.context import Moment, Own, Presence
from checks.facts.expected import Expected
from checks.facts.observation import Observation
from checks.facts.verdict import Outcome, Reason, Verdict
from checks.revision import revision

STATEMENT = (
    "One look by one appliance. It shows what was answered then, and supports a decision; it does "
    "not make one."
)


@dataclass(frozen=True)
class Control:
    """`held` is whether it came out as it must."""

    held: bool
    said: str


def validation(
    ledger: Path, vkey: str, key: str, check: str, result: Mapping[str, Any]
) -> dict[str, Any]:
    """
    The report of one key that a visit judged; `result` is its row in the visit's report.

    What was seen before a log was closed may still speak for the key, so closed logs are read too.
    Raises `LedgerError` where the ledger does not hold what the verdict rests on.
    """
    verifier = Verifier.parse(vkey)
    work = partial(_report, verifier, key, BY_ID[check], result)
    return read_logs(ledger, "validating", work, verifier)


def _report(
    verifier: Verifier,
    key: str,
    check: Check,
    result: Mapping[str, Any],
    logs: Logs,
) -> dict[str, Any]:
    log, recorded = logs.newest, Recorded(logs.content)
    index, visit, moment, row = _row(log.connection, key, int(result["entry"]))
    inputs = _inputs(logs, recorded, moment, row, log.start + index)
    visited = _visited(log.connection, recorded, int(result["entry"]), visit)
    verdict = decide(check, inputs)
    controls = {
        "positive": _positive(visited),
        "negative": _negative(check, inputs),
        "judged again": _again(verdict, result),
    }
    return {
        "v": 1,
        "statement": STATEMENT,
        "log": verifier.name,
        "key": key,
        "title": check.title,
        "requirements": dict(check.requirements),
        "at": plain(moment.at),
        "clock": plain(moment.clock),
        "verdict": plain(verdict),
        "state": row["state"],
        "revision": revision(check),
        "inputs": [digest(observation(o, {})) for o in inputs.observations],
        "expected": row["expected"],
        "controls": {n: {"held": c.held, "said": c.said} for n, c in controls.items()},
        "valid": all(c.held for c in controls.values()),
        "by_hand": check.by_hand,
        "entry": index,
        "proof": tlog_proof(log.nodes, index, log.size, log.note).decode(),
    }


def _positive(seen: list[Observation]) -> Control:
    answered = sorted({b for o in seen if isinstance(o.facts, Presence) for b in o.facts.by})
    if not answered:
        return Control(
            held=False,
            said="The asset answered nothing in this visit, so a bad answer would not have been seen.",
        )
    if any(o.blind for o in seen):
        return Control(held=False, said="Our own control hosts did not answer in this run.")
    return Control(
        held=True,
        said=f"The asset answered in this visit ({', '.join(answered)}), so a bad answer would have been seen.",
    )


def _negative(check: Check, inputs: Inputs) -> Control:
    if not inputs.observations:
        return Control(
            held=True,
            said="It judges what was configured or planned and reads no answer, so none can be taken away.",
        )
    withheld = tuple(
        replace(o, facts=None, reason=Reason.TIMEOUT, said="Withheld.", alive=False, blind=True)
        for o in inputs.observations
    )
    blind = decide(check, replace(inputs, observations=withheld, own=Own()))
    said = (
        "With every answer taken away the same check must not pass; it said "
        f"{blind.outcome} ({blind.reason})."
    )
    return Control(held=blind.outcome is not Outcome.PASS, said=said)


def _again(verdict: Verdict, result: Mapping[str, Any]) -> Control:
    same = (verdict.outcome.value, verdict.said) == (result["verdict"], result["said"])
    recorded = "as was recorded" if same else f"but recorded was {result['verdict']}"
    said = (
        "Judged again from nothing but the recorded inputs it said "
        f"{verdict.outcome} ({verdict.reason}), {recorded}."
    )
    return Control(held=same, said=said)


def _row(
    connection: sqlite3.Connection, key: str, first: int
) -> tuple[int, str, Moment, Mapping[str, Any]]:
    rows = connection.execute("SELECT idx, body FROM entry WHERE idx >= ? ORDER BY idx", (first,))
    for index, body in rows:
        fields = decoded(body)
        if fields.get("type") == "verdicts":
            for row in fields["rows"]:
                if row["key"] == key:
                    return index, fields["visit"], build(Moment, fields["moment"]), row
    raise LedgerError(f"no entry from {first} on holds a verdict of {key}.")


def _visited(
    connection: sqlite3.Connection, recorded: Recorded, first: int, visit: str
) -> list[Observation]:
    found: list[Observation | None] = []
    rows = connection.execute("SELECT body FROM entry WHERE idx >= ? ORDER BY idx", (first,))
    for (body,) in rows:
        fields = decoded(body)
        if fields.get("visit") != visit:
            break
        if fields["type"] == "observations":
            found += [recorded.observation(row, visit) for row in fields["rows"]]
    return [seen for seen in found if seen is not None]


def _inputs(
    logs: Logs, recorded: Recorded, moment: Moment, row: Mapping[str, Any], last: int
) -> Inputs:
    names = recorded.value(row["inputs"]) if isinstance(row["inputs"], str) else row["inputs"]
    found = _observations(logs, recorded, set(names), last)
    if missing := [n for n in names if n not in found]:
        raise LedgerError(f"the ledger does not hold observation {missing[0]} any more.")
    return Inputs(
        observations=tuple(found[n] for n in names),
        expected=build(Expected, recorded.value(row["expected"])),
        moment=moment,
        own=recorded.own(row),
    )


def _observations(
    logs: Logs, recorded: Recorded, wanted: set[str], last: int
) -> dict[str, Observation]:
    """By digest, from the place `last` back until all are found."""
    found: dict[str, Observation] = {}
    for place, body in logs.backwards():
        if wanted <= found.keys():
            break
        fields = decoded(body) if place <= last else {}
        for row in fields["rows"] if fields.get("type") == "observations" else ():
            name = digest(row)
            seen = recorded.observation(row, fields["visit"]) if name in wanted else None
            if seen is not None:
                found[name] = seen
    return found


def written(report: Mapping[str, Any]) -> bytes:
    return json.dumps(report, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
