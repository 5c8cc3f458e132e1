"""/metrics with 10,000 states, and the overview of 1,000 assets, beside what renders the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

import httpx
import jinja2
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from appliance.outlets.metrics import Exposition, render
from appliance.outlets.picture import AssetPicture, Picture, ZonePicture
from appliance.outlets.web import Health, create
from bench.side_by_side import Ratio, Work, compare
from checks import ALL
from checks.facts.standing import Standing, State, StateKey, Subject
from checks.facts.verdict import Reason

ASSETS, EACH, THOUSAND = 500, 20, 1_000
ZONES = (ZonePicture("control", "Filter control", ()),)
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
    yield await _overview(_table())


async def _overview(plain: Work) -> Ratio:
    """The page of a thousand assets, through the whole application, beside a bare table of them."""
    pictured = _picture(ZONES, THOUSAND)
    app = create(lambda: pictured, lambda: Health(healthy=True, ready=True))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

        async def ours() -> bytes:
            answer = await client.get("/")
            assert answer.status_code == HTTPStatus.OK
            return answer.content

        return await compare(
            f"the overview of {THOUSAND} assets, {THOUSAND * EACH} states", ours,
            "a jinja2 table of the states that do not hold", plain, rounds=5,
        )  # fmt: skip


def _table() -> Work:
    """What any page of them has to do at least: a row of four escaped texts for each that fails."""
    template = jinja2.Environment(autoescape=True).from_string(
        "<table>{% for row in rows %}<tr>{% for text in row %}<td>{{ text }}</td>{% endfor %}</tr>"
        "{% endfor %}</table>"
    )
    picture = _picture(ZONES, THOUSAND)

    async def render() -> str:
        return template.render(
            rows=[
                (s.state.value, str(key), s.said, s.since.isoformat())
                for key, s in picture.standings
                if s.state is not State.PASS
            ]
        )

    return render


def _lines(picture: Picture) -> list[str]:
    return render(picture).decode().splitlines()


def _picture(zones: tuple[ZonePicture, ...] = (), number: int = ASSETS) -> Picture:
    """With zones: assets too, and of their states one in twenty fails, three nobody knows."""
    states = (State.FAIL, *[State.UNKNOWN] * 3, *[State.PASS] * 16) if zones else (State.PASS,)
    standings = tuple(
        (
            StateKey(Subject("service", "control", f"plc-{n:03}", "tcp-4840"), f"check-{check:02}"),
            Standing(
                states[(n + check) % len(states)], Reason.AS_EXPECTED, "It holds.", (), AT, AT, AT,
                3600,
            ),
        )
        for n in range(number)
        for check in range(EACH)
    )  # fmt: skip
    return Picture(
        at=AT,
        started=AT,
        version="0",
        site_id="bench",
        site_name="Bench",
        appliance_id="edge",
        laboratory=False,
        zones=zones,
        assets=tuple(_asset(f"plc-{n:03}") for n in range(number)) if zones else (),
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


def _asset(name: str) -> AssetPicture:
    return AssetPicture(
        id=name, zone="control", role="plc", vendor="Acme", type="", addresses=("127.0.0.2",),
        up=True, last_visit=AT, last_alive=AT, visit_seconds=1.5, packets_sent=42,
        octets_sent=4200, budget_used_ratio=0.25,
    )  # fmt: skip


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
