"""Sections 07 to 09: what was done, what is excepted, and what did not conform."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from appliance.ledger.package.material import Material
from appliance.ledger.package.runs import Runs
from appliance.ledger.package.span import time_of
from appliance.ledger.package.tables import Table, table
from checks.facts.standing import State

_LOAD = ("visit", "asset", "packets", "octets", "connections", "sessions")
_ELSEWHERE = {"load", "guard", "config.change", "aged", "user.action", "drill", "selftest"}
_PRUNED = ("prune", "retention")


def logs(m: Material) -> Iterator[tuple[object, ...]]:
    """Each log with its first and last entry in here, and what its opening says."""
    for log in m.logs:
        place = log.start
        opened = next((f for _, f in m.read(Runs([place]))), {}) if log.size else {}
        opened = opened if opened.get("type") == "log.open" else {}
        inner = m.span.within(log)
        yield (
            log.verifier.name,
            log.size,
            f"{inner.first} to {inner.last}" if inner.last >= inner.first else "none",
            log.head.root.hex(),
            time_of(opened),
            opened.get("why", ""),
            opened.get("kept_by", ""),
        )


def operations(m: Material) -> list[Table]:
    return [
        table(
            "07_operations/guard",
            "Holds, releases, breakers and everything else that stopped or started visits",
            ("time", "entry", "kind", "subject", "what was said"),
            (
                (time_of(f), m.logs.named(i), f.get("kind"), f.get("subject"), f.get("said"))
                for i, f in m.entries("guard")
            ),
        ),
        table(
            "07_operations/logs",
            "The logs of the ledger, one after the other",
            ("log", "entries", "of the period", "root", "begun", "why it was begun", "told by"),
            logs(m),
            "More than one: the ledger's file was found to be an older copy, or to come from another "
            "computer. The next log begins with the end of the one before, and nobody is visited "
            "until a person has adopted it. Entries are numbered log/number then.",
        ),
        *_people_and_drills(m),
    ]


def _people_and_drills(m: Material) -> list[Table]:
    return [
        table(
            "07_operations/actions",
            "What people did, alerts acknowledged among it",
            ("time", "entry", "act", "about", "who", "why"),
            (
                (
                    time_of(f),
                    m.logs.named(i),
                    f.get("act"),
                    f.get("key") or f.get("subject"),
                    f.get("who"),
                    f.get("why"),
                )
                for i, f in m.entries("user.action")
            ),
        ),
        table(
            "07_operations/drills",
            "Drills of the alarms, and the checks' trials on facts they must fail",
            ("time", "entry", "drill", "what", "said"),
            (
                (
                    time_of(f),
                    m.logs.named(i),
                    f.get("drill", kind),
                    f.get("event", "tried"),
                    _rest(f, "drill", "event"),
                )
                for kind in ("drill", "selftest")
                for i, f in m.entries(kind)
            ),
        ),
        *_gone_and_load(m),
    ]


def _gone_and_load(m: Material) -> list[Table]:
    return [
        table(
            "07_operations/pruned",
            "Contents of entries that were removed when their time was over; their hashes stay",
            ("time", "entry", "what"),
            (
                (time_of(f), m.logs.named(i), _rest(f))
                for kind in _told(m, _PRUNED)
                for i, f in m.entries(kind)
            ),
        ),
        table(
            "07_operations/load",
            "What each visit put on the network and the devices",
            ("time", "entry", *_LOAD, "slowest answer in us"),
            ((time_of(f), m.logs.named(i), *_load(f)) for i, f in m.entries("load")),
        ),
        table(
            "07_operations/other",
            "Every other entry of the period",
            ("time", "entry", "type", "fields"),
            (
                (time_of(f), m.logs.named(i), f.get("type"), _rest(f))
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


def _told(m: Material, beginnings: tuple[str, ...]) -> list[str]:
    return sorted(kind for kind in m.walked.told if kind.startswith(beginnings))


def _rest(fields: dict[str, Any], *said: str) -> str:
    rest = {k: v for k, v in fields.items() if k not in ("t", "type", "v", *said)}
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
