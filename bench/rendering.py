"""/metrics with 10,000 states beside prometheus-client writing the same series."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from appliance.outlets.metrics import Exposition, render
from appliance.outlets.picture import Picture
from bench.side_by_side import Ratio, compare
from checks import ALL
from checks.facts.standing import Standing, State, StateKey, Subject
from checks.facts.verdict import Reason

ASSETS, EACH = 500, 20
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
NAMES = ("zone", "asset", "service", "conduit", "check")
SHOWN = [s.value for s in State if s is not State.NOT_APPLICABLE]


async def ratios() -> AsyncIterator[Ratio]:
    picture = _picture()
    registry = _registry(picture)
    expected = sum(line.startswith("upheld_check_state{") for line in _lines(picture))
    assert expected == ASSETS * EACH * len(SHOWN)

    async def theirs() -> bytes:
        return generate_latest(registry)

    async def ours() -> bytes:
        return render(picture)

    yield await compare(
        f"/metrics of {ASSETS * EACH} states", ours, "prometheus-client", theirs, rounds=5
    )
    kept = Exposition()
    kept.render(picture)
    key, standing = picture.standings[0]
    changes = [replace(standing, state=State.FAIL), replace(standing, state=State.UNKNOWN)]

    async def again() -> bytes:
        changes.reverse()
        news = ((key, changes[0]), *picture.standings[1:])
        return kept.render(replace(picture, standings=news))

    yield await compare("the same when one state changed", again, "prometheus-client", theirs)


def _lines(picture: Picture) -> list[str]:
    return render(picture).decode().splitlines()


def _picture() -> Picture:
    standings = tuple(
        (
            StateKey(Subject("service", "control", f"plc-{n:03}", "tcp-4840"), f"check-{check:02}"),
            Standing(State.PASS, Reason.AS_EXPECTED, "It holds.", (), AT, AT, AT, 3600),
        )
        for n in range(ASSETS)
        for check in range(EACH)
    )
    return Picture(
        at=AT,
        started=AT,
        version="0",
        site_id="bench",
        site_name="Bench",
        appliance_id="edge",
        laboratory=False,
        zones=(),
        assets=(),
        standings=standings,
        checks={check.id: check for check in ALL},
        observations=(),
        ledger_size=0,
        last_checkpoint=AT,
        outbox={},
        last_reload_successful=True,
        held=False,
        lateness=0.0,
    )


def _registry(picture: Picture) -> CollectorRegistry:
    registry = CollectorRegistry()
    states = Gauge("upheld_check_state", "States.", (*NAMES, "state"), registry=registry)
    evaluated = Gauge(
        "upheld_check_last_evaluated_timestamp_seconds", "When.", NAMES, registry=registry
    )
    for key, standing in picture.standings:
        subject = key.subject
        labels = (subject.zone, subject.asset, subject.service, subject.conduit, key.check)
        for state in SHOWN:
            states.labels(*labels, state).set(standing.state.value == state)
        evaluated.labels(*labels).set(standing.evaluated.timestamp())
    return registry
