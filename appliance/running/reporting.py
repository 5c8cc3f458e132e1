"""What `upheld check` and `upheld status` print, as plain values, and the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from appliance.judge.judging import Judged
from appliance.judge.matrix import MatrixCell, ratios
from appliance.outlets.alerts import Phase
from appliance.outlets.picture import Picture
from appliance.rounds.round import Visited
from appliance.site.model import Site
from appliance.visit.guard.restraint import Extent
from appliance.visit.guard.waiting import InTheWay
from checks.check import Check, Strength
from checks.facts.codec import plain
from checks.facts.observation import Observation
from checks.facts.standing import Standing, State, StateKey
from checks.facts.verdict import Outcome

NOTHING_FAILS, SOMETHING_FAILS, SOMETHING_UNKNOWN = 0, 1, 3


def report(
    site: Site, visits: Iterable[Visited], *, started: datetime, finished: datetime, check: str = ""
) -> dict[str, Any]:
    """The JSON of `upheld check --format json`; later verdicts of a key replace earlier ones."""
    newest: dict[str, tuple[Judged, int]] = {}
    observations: list[Observation] = []
    visited_all = tuple(visits)
    for visited in visited_all:
        observations += visited.observations
        for judged in visited.judged:
            if not check or judged.check.id == check:
                newest[str(judged.key)] = (judged, visited.first_entry)
    rows = [_row(judged, entry) for _, (judged, entry) in sorted(newest.items())]
    return {
        "site": site.site.id,
        "appliance": site.appliance.id,
        "laboratory": site.site.laboratory,
        "started": plain(started),
        "finished": plain(finished),
        "results": rows,
        "observations": [_seen(o) for o in observations],
        "summary": dict(Counter(row["verdict"] for row in rows)),
        "left_alone": [
            {"asset": v.asset, "extent": v.taken.leave.extent.value, "why": v.taken.leave.why}
            for v in visited_all
            if v.taken.leave.extent is not Extent.WHOLE
        ],
    }


def exit_code(results: Sequence[dict[str, Any]]) -> int:
    """By verdicts: 1 when something fails, 3 when nothing fails but something is unknown."""
    verdicts = {row["verdict"] for row in results}
    if Outcome.FAIL in verdicts:
        return SOMETHING_FAILS
    # Nothing was judged: a second call soon after one that failed must not look like a repair.
    return SOMETHING_UNKNOWN if not verdicts or Outcome.INCONCLUSIVE in verdicts else NOTHING_FAILS


def _row(judged: Judged, entry: int) -> dict[str, Any]:
    subject, verdict = judged.key.subject, judged.verdict
    newest = max((o.finished for o in judged.inputs.observations), default=None)
    return {
        "subject": str(subject),
        "zone": subject.zone or None,
        "asset": subject.asset or None,
        "service": subject.service or None,
        "conduit": subject.conduit or None,
        "check": judged.check.id,
        "verdict": verdict.outcome.value,
        "state": judged.after.state.value,
        "reason": verdict.reason.value,
        "said": verdict.said,
        "rests_on": verdict.rests_on.value if verdict.rests_on else None,
        "requirements": [
            {"id": name, "strength": strength.value}
            for name, strength in judged.check.requirements.items()
        ],
        "severity": judged.check.severity.value,
        "observed_at": plain(newest) if newest else None,
        "entry": entry,
    }


def _seen(seen: Observation) -> dict[str, Any]:
    row = {
        "asset": seen.asset,
        "service": seen.service,
        "vantage": seen.vantage,
        "collector": seen.collector,
        "facts_type": seen.facts_type,
        "started": plain(seen.started),
        "finished": plain(seen.finished),
    }
    if seen.facts is not None:
        return row | {"facts": plain(seen.facts)}
    return row | {"reason": seen.reason, "said": seen.said}


def status(picture: Picture) -> dict[str, Any]:
    """
    The JSON of `upheld status --format json`: what the appliance knows now, by states.

    Times are ISO 8601 in UTC or null; `failing` is oldest first.
    """
    states = Counter(standing.state for _, standing in picture.standings)
    failing = [item for item in picture.standings if item[1].state is State.FAIL]
    return {
        "site": picture.site_id,
        "name": picture.site_name,
        "appliance": picture.appliance_id,
        "version": picture.version,
        "laboratory": picture.laboratory,
        "at": _time(picture.at),
        "since": _time(picture.started),
        "configuration_accepted": picture.last_reload_successful,
        "assets": {
            "up": sum(1 for asset in picture.assets if asset.up),
            "silent": [asset.id for asset in picture.assets if asset.up is False],
            "not_visited": sum(1 for asset in picture.assets if asset.up is None),
        },
        "states": {state.value: states[state] for state in State},
        "unknown": states[State.UNKNOWN],
        "failing": [
            _failing(picture, key, standing)
            for key, standing in sorted(failing, key=lambda item: (item[1].since, str(item[0])))
        ],
        "hold": picture.held,
        "nothing_sent_since": _time(picture.nothing_sent_since),
        "in_the_way": [_in_the_way(one) for one in picture.in_the_way],
        "outbox": dict(picture.outbox),
        "drill": _drill(picture),
        "broken_checks": dict(picture.drilled.broken),
        "ledger": {
            "entries": picture.ledger_size,
            "unadopted": picture.unadopted or None,
            "anchors": [
                {
                    "id": a.id,
                    "kind": a.kind,
                    "last": _time(a.last),
                    "size": a.size,
                    "trouble": a.trouble or None,
                }
                for a in picture.anchors
            ],
            "last_checkpoint": _time(picture.last_checkpoint),
        },
    }


def cells_shown(cells: Sequence[MatrixCell], checks: Iterable[Check]) -> dict[str, Any]:
    """
    The JSON of `upheld matrix --format json`: the cells, and per zone and FR how many of them.

    `checks` of a cell counts those that can show something of the requirement; 0: no wire can.
    """
    telling = Counter(
        requirement
        for check in checks
        for requirement, strength in check.requirements.items()
        if strength is not Strength.HINT
    )
    return {
        "cells": [
            {
                "zone": cell.zone,
                "requirement": cell.requirement.id,
                "title": cell.requirement.title,
                "fr": cell.requirement.foundational,
                "cell": cell.cell.value,
                "assets": cell.assets,
                "shown": cell.shown,
                "checks": telling[cell.requirement.id],
                "attested_by": cell.attested_by or None,
                "holes": list(cell.holes),
                "evidence": [
                    {
                        "key": str(row.key),
                        "state": row.state.value,
                        "reason": row.reason,
                        "strength": row.strength.value,
                    }
                    for row in cell.evidence
                ],
            }
            for cell in cells
        ],
        "ratios": [
            {
                "zone": ratio.zone,
                "fr": ratio.foundational,
                "selected": ratio.selected,
                "supported": ratio.supported,
                "direct": ratio.direct,
            }
            for ratio in ratios(cells)
        ],
    }


def _drill(picture: Picture) -> dict[str, Any]:
    """Never its code: that is for whoever reads it from the SOC's screen."""
    own, drilled = picture.drilled.own, picture.drilled
    return {
        "last": _time(own.last) if own else None,
        "confirmed": _time(own.confirmed) if own else None,
        "every_seconds": own.every_seconds if own else None,
        "stands": bool(drilled.firing),
        "shown_after_seconds": dict(drilled.seconds),
        "not_shown": list(own.broken) if own else [],
    }


def _in_the_way(one: InTheWay) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "subject": one.subject,
        "said": one.said,
        "since": _time(one.since),
        "remedy": one.remedy or None,
    }


def _failing(picture: Picture, key: StateKey, standing: Standing) -> dict[str, Any]:
    check, alert = picture.checks.get(key.check), picture.alerts.get(key)
    by = alert.acknowledged if alert else None
    return {
        "key": str(key),
        "phase": alert.phase.value if alert else Phase.FIRING.value,
        "acknowledged": {"who": by.who, "why": by.why, "at": _time(by.at)} if by else None,
        "subject": str(key.subject),
        "check": key.check,
        "severity": check.severity.value if check else None,
        "since": _time(standing.since),
        "reason": standing.reason.value,
        "said": standing.said,
    }


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None
