"""Every page as Chromium shows it, scripts off, at three widths and in both themes, and its faults."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.judge.matrix import matrix
from appliance.ledger import bodies
from appliance.ledger.store import Store
from appliance.outlets import web
from appliance.outlets.alerts import Acknowledged, Alert
from appliance.outlets.drilled import Drilled
from appliance.outlets.picture import AnchorPicture
from appliance.outlets.sources import Sources
from appliance.site.zones import Zone
from appliance.visit.guard.waiting import InTheWay
from checks.facts.codec import digest
from checks.facts.drills import OwnDrills
from checks.facts.observation import ClockQuality
from checks.facts.standing import State, StateKey, Subject
from tests.outlets.browsing import THERE, chromium, served
from tests.outlets.conftest import AT, asset, endpoints, standing

HEALTH = web.Health(healthy=True, ready=True)
KEY = "hmi-1.tcp-4840.opcua-anonymous-session-refused"
PAGES = {
    "overview": "/",
    "zone": "/zones/control",
    "walk-down": "/zones/control/walk-down",
    "asset": "/assets/hmi-1",
    "checks": "/checks",
    "check": "/checks/opcua-anonymous-session-refused",
    "matrix": "/matrix?sl_t=2",
    "cell": "/matrix/control/sr-1.1",
    "state": f"/states/{KEY}",
    "evidence": "/evidence",
    "entry": "/evidence/entries/1",
    "content": "/evidence/contents/{digest}",
    "appliance": "/appliance",
    "missing": "/nowhere",
}
IN_TROUBLE = {name: PAGES[name] for name in ("overview", "check", "evidence", "appliance")}
WIDTHS, THEMES = (390, 768, 1440), ("light", "dark")
ASSETS, EACH = 1_000, 20

pytestmark = pytest.mark.skipif(not THERE, reason="no Chromium or its driver: run .ci/peers")


@pytest.fixture(scope="module")
def browser():
    with chromium() as session:
        yield session


@pytest.fixture
async def kept(tmp_path):
    """A ledger with one visit: what was seen, and the verdict that rests on it."""
    ledger = tmp_path / "ledger.db"
    async with Store.open(ledger, origin="northgate/edge-1/evidence/1", key=b"k" * 32) as store:
        contents = {}
        row = bodies.observation(endpoints(), contents)
        seen = bodies.entry("observations", AT, {"visit": "v1", "asset": "hmi-1", "rows": [row]})
        verdict = {"outcome": "fail", "reason": "anonymous-accepted", "said": "A session opened."}
        judged = {"key": KEY, "state": "fail", "inputs": [digest(row)], "verdict": verdict}
        given = bodies.entry("verdicts", AT, {"visit": "v1", "rows": [judged]})
        await store.commit([seen, given], contents=contents)
    return SimpleNamespace(sources=Sources(ledger=ledger), digest=next(iter(contents)))


@pytest.fixture
def plant(paint):
    """A function from what differs to a picture with something on every page."""

    def painted(**differs):
        picture = paint()
        site = SimpleNamespace(
            zones=(Zone(id="control", sl_t=2),),
            assets=(SimpleNamespace(id="hmi-1", zone="control", services=()),),
        )
        failing = picture.standings[0][0]
        seen = Acknowledged("j-smit", "The vendor sends a patch on Monday.", AT)
        values = {
            "cells": matrix(site, picture.standings, picture.checks),
            "refused": {("hmi-1", "budget"): 3},
            "outlets": ("mqtt", "soc-1"),
            "clock": ClockQuality(synchronised=False),
            "alerts": {failing: Alert(failing, "anonymous-accepted", AT, acknowledged=seen)},
            "anchors": (
                AnchorPicture("soc-witness", "witness", AT - timedelta(minutes=9), 5),
                AnchorPicture("time-stamps", "rfc3161", None, 0, "no answer within 10 s"),
            ),
            "drilled": Drilled(
                OwnDrills(604_800, 950_400, AT, AT, AT, None, ("soc-1: no word within 60 s",)),
                "K7Q4MX", {"recorded": 0.01, "mqtt": 0.4}, {}, AT - timedelta(hours=2),
            ),
        }  # fmt: skip
        return paint(**(values | differs))

    return painted


@pytest.fixture
def troubled(plant):
    """Everything that can be wrong with the appliance itself at once."""
    return lambda: plant(
        held=True,
        laboratory=True,
        last_reload_successful=False,
        nothing_sent_since=AT - timedelta(hours=5),
        unadopted="The witness keeps a head of 9,000 entries, and this ledger has 7.",
        drilled=Drilled(
            broken={"opcua-anonymous-session-refused": "It passes a session."}, tested=AT
        ),
        in_the_way=(
            InTheWay("hold", "The site is held by upheld: it is a copy.", since=AT, person=True),
            InTheWay("suspected-impact", "hmi-1 may have suffered from us.", asset="hmi-1",
                     person=True, remedy='look at hmi-1, then upheld ack hmi-1 --why "..."'),
        ),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    found = Path(os.environ.get("UPHELD_PICTURES") or tmp_path / "pictures")
    found.mkdir(parents=True, exist_ok=True)
    return found


def still(address, path):
    """A page fetched anew in the middle of its picture would spoil it."""
    return f"{address}{path}{'&' if '?' in path else '?'}refresh=off"


async def test_every_page_is_sound_in_every_way_it_is_looked_at(plant, kept, folder, browser):
    app = web.create(plant, lambda: HEALTH, sources=kept.sources)
    async with served(app) as address:
        found = {
            name: await browser(
                "look", still(address, path.format(digest=kept.digest)), file=f"{folder}/{name}",
                widths=WIDTHS, themes=THEMES,
            )
            for name, path in PAGES.items()
        }  # fmt: skip

    for page in found.values():
        assert page["faults"] == []
        assert page["rules"] > 20
        assert page["overflows"] == []
        assert [line for line in page["said"] if "404" not in line] == []
    pictures = {path.name for path in folder.glob("*.png")}
    assert {f"{n}-{w}-{t}.png" for n in PAGES for w in WIDTHS for t in THEMES} <= pictures


async def test_trouble_of_its_own_is_as_sound(troubled, kept, folder, browser):
    app = web.create(troubled, lambda: HEALTH, sources=kept.sources)
    async with served(app) as address:
        found = [
            await browser(
                "look", still(address, path), file=f"{folder}/trouble-{name}",
                widths=(390, 1440), themes=THEMES,
            )
            for name, path in IN_TROUBLE.items()
        ]  # fmt: skip

    assert [page["faults"] + page["overflows"] + page["said"] for page in found] == [[]] * 4


@pytest.mark.parametrize("name", ["walk-down", "cell"])
async def test_what_is_printed_is_a_document(plant, kept, folder, browser, name):
    app = web.create(plant, lambda: HEALTH, sources=kept.sources)
    async with served(app) as address:
        printed = await browser("print", f"{address}{PAGES[name]}", file=f"{folder}/{name}.pdf")

    assert printed["octets"] > 5_000
    assert printed["faults"] == []
    assert not printed["cut"], "wider than the paper"
    assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF-")


async def test_the_policy_is_in_force_and_what_it_forbids_would_be_seen(plant, browser):
    """Without this no console could be found empty for the right reason."""
    app = web.create(plant, lambda: HEALTH)

    async def with_inline_style(scope, receive, send):
        async def adding(message):
            if message["type"] == "http.response.start":
                kept = [h for h in message["headers"] if h[0].lower() != b"content-length"]
                message = message | {"headers": kept}
            elif message["type"] == "http.response.body":
                body = message["body"].replace(b"</head>", b"<style>p{color:red}</style></head>")
                message = message | {"body": body}
            await send(message)

        await app(scope, receive, adding)

    async with served(app) as address:
        sound = await browser("content", f"{address}/")
    async with served(with_inline_style) as address:
        forbidden = await browser("content", f"{address}/")

    assert sound["said"] == []
    assert "Northgate &lt;works&gt;" in sound["content"]
    assert any("Content Security Policy" in line for line in forbidden["said"])


async def test_a_drift_is_seen_within_one_refresh_with_scripts_off(plant, browser):
    loads = 0
    holding = [(k, replace(s, state=State.PASS)) for k, s in plant().standings]

    def paint():
        nonlocal loads
        loads += 1
        drifted = loads > 1
        return plant(laboratory=True, **({} if drifted else {"standings": tuple(holding)}))

    async with served(web.create(paint, lambda: HEALTH)) as address:
        after = await browser("wait", address, text="1 that do not hold")

    assert loads >= 2
    # One refresh is 5 s in a laboratory.
    assert after < 7_000


async def test_a_thousand_assets_are_shown_within_a_second(plant, browser):
    states = (State.FAIL, *[State.UNKNOWN] * 3, *[State.PASS] * 16)
    checks = list(plant().checks)[:EACH]
    many = tuple(
        (
            StateKey(Subject("asset", "control", f"plc-{n:04}"), checks[i]),
            standing(states[(i + n) % EACH]),
        )
        for n in range(ASSETS)
        for i in range(EACH)
    )
    assets = tuple(asset(f"plc-{n:04}", packets_sent=n) for n in range(ASSETS))
    picture = plant(standings=many, assets=assets)

    async with served(web.create(lambda: picture, lambda: HEALTH)) as address:
        overview = await browser("load", address, turns=6, enough=999)
        zone = await browser("load", f"{address}/zones/control", turns=6, enough=999)

    assert overview < 1_000
    assert zone < 1_000
