"""What is written down: entry bodies as plain values, rendered to canonical bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

from appliance.judge.judging import Judged
from appliance.visit.guard.event import Event
from appliance.visit.taking import Taken
from checks.facts.codec import canonical, digest, plain, split
from checks.facts.context import Moment, Own
from checks.facts.expected import Expected
from checks.facts.observation import Observation
from checks.facts.standing import Standing, StateKey
from checks.facts.verdict import Verdict
from checks.revision import revision, sources_of

ROWS_AN_ENTRY = 40
"""So that an entry stays well below the 65,535 bytes a tile's bundle can hold."""

INPUTS_IN_A_ROW = 8
"""A verdict over more observations names a content that lists them."""

T = TypeVar("T")


def entry(kind: str, at: datetime, fields: Mapping[str, Any]) -> bytes:
    """One entry of any type."""
    return canonical({"v": 1, "type": kind, "t": plain(at), **plain(fields)})


def observation(seen: Observation, contents: dict[str, bytes]) -> dict[str, Any]:
    """An observation with its stable facts as a digest; the facts themselves go to `contents`."""
    row: dict[str, Any] = {
        name: plain(getattr(seen, name))
        for name in seen.__dataclass_fields__
        if name not in ("facts", "reason", "said", "visit")
    }
    if seen.facts is None:
        row |= {"reason": plain(seen.reason), "said": seen.said}
        return row
    stable, readings = split(seen.facts)
    name = digest(stable)
    contents[name] = canonical(stable)
    return row | {"facts": name, "readings": readings}


def observations(
    visit: str, asset: str, at: datetime, seen: Sequence[Observation], contents: dict[str, bytes]
) -> list[bytes]:
    """The entries that hold a visit's observations."""
    rows = [observation(o, contents) for o in seen]
    return [
        entry("observations", at, {"visit": visit, "asset": asset, "rows": part})
        for part in _parts(rows)
    ]


def verdicts(
    visit: str,
    moment: Moment,
    judged: Sequence[Judged],
    last: Mapping[StateKey, Verdict],
    contents: dict[str, bytes],
) -> list[bytes]:
    """
    The entries that hold a visit's verdicts: in full where they differ from the last of their key.

    Each row names the digests of what it rests on, so that it can be judged again.
    """
    # By identity, which holds because `judged` keeps all of them alive.
    named: dict[int, str] = {}
    rows = [_row(j, last.get(j.key), contents, named) for j in judged]
    return [
        entry("verdicts", moment.at, {"visit": visit, "moment": moment, "rows": part})
        for part in _parts(rows)
    ]


def standing(value: Standing) -> bytes:
    """A state as the store keeps it."""
    return canonical(plain(value))


def guard(event: Event, at: datetime) -> bytes:
    """What the guard did by itself, or what a person told it."""
    return entry("guard", at, {"kind": event.kind, "subject": event.subject, "said": event.said})


def load(asset: str, at: datetime, taken: Taken) -> bytes:
    """What one visit cost the device, and how fast it answered before and after."""
    fields = {
        "visit": taken.visit,
        "asset": asset,
        "started": taken.started,
        "packets": taken.load.packets,
        "octets": taken.load.octets,
        "connections": taken.load.connections,
        "sessions": taken.load.sessions,
        "latencies_us": list(taken.latencies_us),
    }
    return entry("load", at, fields)


def _row(
    judged: Judged, last: Verdict | None, contents: dict[str, bytes], named: dict[int, str]
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "key": str(judged.key),
        "interval": judged.interval_seconds,
        "state": judged.after.state.value,
        "expected": _named(judged.inputs.expected, contents, named),
        "inputs": _inputs(judged.inputs.observations, contents, named),
    }
    if judged.inputs.own != Own():
        row["own"] = _named(judged.inputs.own, contents, named)
    if last == judged.verdict:
        return row | {"same": True}
    # Who judges again in ten years has no program of ours, only what is kept here.
    contents.update(sources_of(judged.check))
    return row | {
        "subject": plain(judged.key.subject),
        "check": judged.check.id,
        "rev": revision(judged.check),
        "verdict": plain(judged.verdict),
    }


def _inputs(
    seen: Sequence[Observation], contents: dict[str, bytes], named: dict[int, str]
) -> list[str] | str:
    # A check of a zone rests on what every check of its assets rests on.
    for each in seen:
        if id(each) not in named:
            named[id(each)] = digest(observation(each, contents))
    digests = [named[id(each)] for each in seen]
    return digests if len(digests) <= INPUTS_IN_A_ROW else _kept(digests, contents)


def _named(value: Expected | Own, contents: dict[str, bytes], named: dict[int, str]) -> str:
    # Many rows of a visit rest on the same, and what a large site expects takes long to write out.
    if id(value) not in named:
        named[id(value)] = _kept(plain(value), contents)
    return named[id(value)]


def _kept(value: Any, contents: dict[str, bytes]) -> str:
    body = canonical(value)
    name = f"sha256:{sha256(body).hexdigest()}"
    contents[name] = body
    return name


def _parts(rows: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(rows), ROWS_AN_ENTRY):
        yield rows[start : start + ROWS_AN_ENTRY]


def parsed(body: bytes) -> Any:
    """A rendered body as a plain value again."""
    return json.loads(body)
