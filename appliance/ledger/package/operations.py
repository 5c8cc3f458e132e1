"""Sections 07 to 09: what was done, what is excepted, and what did not conform."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from appliance.ledger.package.material import Material
from appliance.ledger.package.span import time_of
from appliance.ledger.package.tables import Table, table
from checks.facts.standing import State

_LOAD = ("visit", "asset", "packets", "octets", "connections", "sessions")
_ELSEWHERE = {"load", "guard", "config.change", "aged"}


def operations(m: Material) -> list[Table]:
    return [
        table(
            "07_operations/guard",
            "Holds, releases, breakers and everything else that stopped or started visits",
            ("time", "entry", "kind", "subject", "what was said"),
            (
                (time_of(f), i, f.get("kind"), f.get("subject"), f.get("said"))
                for i, f in m.entries("guard")
            ),
        ),
        table(
            "07_operations/load",
            "What each visit put on the network and the devices",
            ("time", "entry", *_LOAD, "slowest answer in us"),
            ((time_of(f), i, *_load(f)) for i, f in m.entries("load")),
        ),
        table(
            "07_operations/other",
            "Every other entry of the period",
            ("time", "entry", "type", "fields"),
            (
                (time_of(f), i, f.get("type"), _rest(f))
                for kind in sorted(m.walked.told.keys() - _ELSEWHERE)
                for i, f in m.entries(kind)
            ),
        ),
    ]


def _load(fields: dict[str, Any]) -> Iterator[object]:
    yield from (fields.get(name) for name in _LOAD)
    times = list(_numbers(fields.get("latencies_us")))
    yield max(times, default=None)


def _numbers(value: Any) -> Iterator[int]:
    """Whatever shape the latencies have: a list, or one list for each question."""
    if isinstance(value, int):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _numbers(inner)


def _rest(fields: dict[str, Any]) -> str:
    rest = {k: v for k, v in fields.items() if k not in ("t", "type", "v")}
    return json.dumps(rest, sort_keys=True, ensure_ascii=False)[:2_000]


def exceptions(m: Material) -> list[Table]:
    rows = [
        (key, state.value, h.seconds[state], h.final.said if h.final else "")
        for key, h in m.histories
        for state in (State.COMPENSATED, State.ACCEPTED)
        if state in h.seconds
    ]
    return [
        table(
            "08_exceptions/exceptions",
            "Controls that were compensated or accepted",
            ("key", "state", "how long", "what was said last"),
            rows,
        )
    ]


def nonconformities(m: Material) -> list[Table]:
    def rows() -> Iterator[tuple[object, ...]]:
        for key, h in m.histories:
            check = m.check(key)
            for failure in h.failures:
                yield (
                    f"{key}.{failure.start:%Y%m%dT%H%M%SZ}",
                    key.subject.zone,
                    key,
                    list(check.requirements) if check else "",
                    check.severity.value if check else "",
                    failure.start,
                    failure.said,
                    check.remedy if check else "",
                    failure.end,
                    "closed by a fresh pass" if failure.end else "open",
                    "",
                    "",
                )

    return [
        table(
            "09_nonconformities/nonconformities",
            "What did not conform, from the failing states of the period",
            (
                "id", "zone", "key", "requirements", "severity", "opened", "found", "remedy",
                "closed", "status", "owner", "plan",
            ),
            rows(),
            "Owner and plan come from the owner's register; they are not in the ledger.",
        )
    ]  # fmt: skip
