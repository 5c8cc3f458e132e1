"""What the pages say of the appliance itself: copies, anchors, drills, broken checks, alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from appliance.judge.matrix import Cell, Evidence, MatrixCell
from appliance.outlets import web
from appliance.outlets.alerts import CAP, Acknowledged, Alert
from appliance.outlets.drilled import Drilled
from appliance.outlets.picture import AnchorPicture
from appliance.outlets.rendering import STYLE
from appliance.running.reporting import status
from checks.check import Strength
from checks.facts.drills import OwnDrills
from checks.facts.standing import State
from checks.requirements import REQUIREMENTS
from tests.outlets.conftest import AT, NASTY, standing

CHECK = "opcua-anonymous-session-refused"


@pytest.fixture
def ask(paint):
    async def asked(path, **differs):
        app = web.create(lambda: paint(**differs), lambda: web.Health(healthy=True, ready=True))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://upheld") as client:
            return (await client.get(path)).text

    return asked


@pytest.mark.parametrize("path", ["/", "/appliance", "/evidence", f"/checks/{CHECK}"])
async def test_a_copy_nobody_adopted_stands_on_every_page(ask, path):
    page = await ask(path, unadopted=f"The witness has more. {NASTY}", held=True)
    sound = await ask(path)

    assert "This ledger is a copy that nobody has adopted." in page
    assert "upheld evidence adopt --why" in page
    assert "<script>" not in page
    assert "adopted" not in sound


async def test_anchors_in_trouble_come_first_and_say_how_far_behind_they_are(ask):
    anchors = (
        AnchorPicture("a-witness", "witness", AT - timedelta(minutes=9), 5),
        AnchorPicture("b-stamps", "rfc3161", None, 0, f"no answer {NASTY}"),
    )
    for path in ("/evidence", "/appliance"):
        page = await ask(path, anchors=anchors)
        if path == "/appliance":
            assert page.index("b-stamps") < page.index("a-witness")
            assert "✖ in trouble" in page
            assert "? never" in page
            assert "9 min ago" in page
            assert 'data-label="New since">2<' in page
        assert "<script>" not in page


async def test_a_drill_says_what_each_step_showed_and_never_its_code(ask):
    own = OwnDrills(604_800, 950_400, AT, AT, AT, None, ("soc-1: no word within 60 s",))
    drilled = Drilled(own, "K7Q4MX", {"recorded": 0.01, "mqtt": 0.4}, {}, AT)
    page = await ask("/appliance", drilled=drilled)

    assert "K7Q4MX" not in page
    assert "its alert stands" in page
    assert "every 7 days" in page
    assert "● 0.4 s</span> taken by the MQTT broker" in page
    assert "✖ not shown</span> handed to soc-1: no word within 60 s" in page
    assert "nobody has shown that an alert reaches a person" in page


async def test_a_broken_check_is_named_everywhere_and_explained_on_its_page(ask):
    drilled = Drilled(broken={CHECK: f"It passes {NASTY}"}, tested=AT)
    overview = await ask("/", drilled=drilled)
    own = await ask(f"/checks/{CHECK}", drilled=drilled)
    other = await ask("/checks/opcua-cert-valid", drilled=drilled)

    assert "1 check cannot be relied upon." in overview
    assert f'href="/checks/{CHECK}"' in overview
    assert "✖ broken" in own
    assert "judges nothing until it is mended" in own
    assert "✖ broken" not in other
    assert "it fails facts that are bad on purpose" in other
    assert "<script>" not in overview + own
    assert "cannot be relied upon" not in await ask("/")


async def test_a_check_says_who_is_told_and_what_its_failure_enables(ask):
    page = await ask(f"/checks/{CHECK}")

    assert "the OT SOC" in page
    assert "Remote Services" in page
    assert "ATT&amp;CK for ICS T0886" in page


async def test_what_somebody_knows_of_comes_after_what_nobody_does(ask, paint):
    (key, _), (other, _), *rest = paint().standings
    by = Acknowledged("j-smit", f"A patch comes. {NASTY}", AT)
    alerts = {
        key: Alert(key, "anonymous-accepted", AT, acknowledged=by),
        other: Alert(other, "expired", AT, held=CAP),
    }
    both = ((key, standing(State.FAIL)), (other, standing(State.FAIL)), *rest)
    page = await ask("/", standings=both, alerts=alerts)
    hidden = {key: replace(alerts[key], acknowledged=None, held="gw-1")}

    assert page.index(f'id="{other}"') < page.index(f'id="{key}"')
    assert "acknowledged by j-smit: A patch comes." in page
    assert "its zone has too many at once" in page
    assert "1 of them acknowledged or explained" in page
    assert "<script>" not in page
    assert "inhibited: the silence of gw-1 explains it" in await ask(
        f"/states/{key}", alerts=hidden
    )


async def test_the_holes_of_a_cell_lead_to_their_assets(ask):
    requirement = REQUIREMENTS["SR 1.1"]
    holes = ("hmi-1.tcp-4840", "dmz-control")
    cell = MatrixCell("control", requirement, Cell.PARTLY_SUPPORTED, 2, 1, True, (), "", holes)
    page = await ask("/matrix/control/sr-1.1", cells=(cell,))

    assert '<a href="/assets/hmi-1">hmi-1.tcp-4840</a>, dmz-control' in page


def test_programs_are_told_of_drills_and_broken_checks(paint):
    own = OwnDrills(604_800, 950_400, AT, AT, AT, None, ("soc-1: no word",))
    said = status(paint(drilled=Drilled(own, "K7Q4MX", {"mqtt": 0.4}, {CHECK: "It passes."}, AT)))

    assert said["drill"] == {
        "last": AT.isoformat(), "confirmed": None, "every_seconds": 604_800, "stands": True,
        "shown_after_seconds": {"mqtt": 0.4}, "not_shown": ["soc-1: no word"],
    }  # fmt: skip
    assert said["broken_checks"] == {CHECK: "It passes."}
    assert "K7Q4MX" not in str(said)


async def test_the_worst_stands_first_behind_a_cell_and_hints_last(ask, paint):
    keys = [key for key, _ in paint().standings[:3]]
    states = (State.PASS, State.FAIL, State.FAIL)
    strengths = (Strength.ON_INTERFACE, Strength.PART, Strength.HINT)
    evidence = tuple(
        Evidence(key, state, "as-expected", strength)
        for key, state, strength in zip(keys, states, strengths, strict=True)
    )
    cell = MatrixCell("control", REQUIREMENTS["SR 1.1"], Cell.CONTRADICTED, 2, 1, True, evidence)
    page = await ask("/matrix/control/sr-1.1", cells=(cell,))
    places = [page.index(f'href="/states/{key}"') for key in keys]

    assert places[1] < places[0] < places[2]


def test_paper_says_when_it_was_printed_and_is_not_laid_out_for_a_telephone():
    assert "@media (max-width" not in STYLE
    hidden = STYLE.partition("@media print")[2].partition("display: none")[0]
    assert ".when" not in hidden
    assert ".screen" in hidden
