"""What the page, the metrics and `upheld status` say of holds and of what the guard holds back."""

from __future__ import annotations

import httpx
import pytest

from appliance.outlets import metrics, web
from appliance.running.painting import paint
from appliance.running.reporting import status
from appliance.visit.guard.canary import Seen
from appliance.visit.guard.signs import Sign, Weight
from appliance.visit.guard.waiting import in_the_way
from tests.visit.clocks import START, FakeClock

ASSETS = """
assets:
  - {id: plc, zone: cell, address: 127.0.0.1, role: plc,
     services: [{port: tcp/12345, protocol: s7}]}
  - {id: rtu, zone: cell, address: 127.0.0.2, role: rtu,
     services: [{port: tcp/12345, protocol: s7}]}
  - {id: sis, zone: cell, address: 127.0.0.3, role: plc, probing: never}
"""


@pytest.fixture
async def plant(site, rounds):
    async with rounds(site(ASSETS), clock=FakeClock()) as r:
        yield r


def picture(r):
    return paint(r, started=START, checkpoint_at=None, outbox={}, reloaded=True)


async def page(r, path="/"):
    shown = picture(r)
    app = web.create(lambda: shown, lambda: web.Health(healthy=True, ready=True))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://upheld") as client:
        return (await client.get(path)).text


def series(r, name):
    text = metrics.render(picture(r)).decode()
    return [line for line in text.splitlines() if line.startswith((f"{name}{{", f"{name} "))]


async def test_a_hold_tops_every_page_with_who_why_and_since(plant):
    plant.guard.restraints.holds.put("site", "j-smit", "<start-up>")

    for path in ("/", "/assets/plc", "/checks/opcua-cert-valid"):
        shown = await page(plant, path)
        top = shown.partition("<main>")[0]
        assert "On hold." in top
        assert "since <time datetime=" in top
        assert "by j-smit: &lt;start-up&gt;." in top
        assert "upheld release --site" in top
    assert series(plant, "upheld_hold") == ["upheld_hold 1.0"]
    assert status(picture(plant))["hold"] is True


async def test_a_hold_of_one_asset_is_not_told_as_one_of_the_site(plant):
    plant.guard.restraints.holds.put("asset:plc", "j-smit", "work on it")
    top = (await page(plant)).partition("<main>")[0]

    assert "On hold in part." in top
    assert "Asset plc is on hold" in top
    assert series(plant, "upheld_hold") == ["upheld_hold 0.0"]
    assert series(plant, "upheld_guard") == [
        'upheld_guard{kind="hold",zone="",asset="plc",credential="",person="yes"} 1'
    ]
    assert "In the way of its visits" in await page(plant, "/assets/plc")
    assert "In the way of its visits" not in await page(plant, "/assets/rtu")


async def test_what_waits_for_a_person_says_what_to_do(plant):
    held = plant.guard.restraints
    held.canaries.before("127.0.0.1", Seen("tcp-12345", 900))
    held.canaries.after("127.0.0.1", Seen("tcp-12345", None, "no answer"))
    held.breakers.saw("127.0.0.2", Sign(Weight.AT_ONCE, "it has no room"), after=1, first=30.0)
    shown = await page(plant)

    assert "What Upheld holds back by itself" in shown
    assert "<strong>Somebody has to act:</strong>" in shown
    assert "upheld ack plc" in shown
    assert "127.0.0.2 is left alone for 30 s: it has no room." in shown
    assert series(plant, "upheld_guard") == [
        'upheld_guard{kind="breaker",zone="",asset="rtu",credential="",person="no"} 1',
        'upheld_guard{kind="suspected-impact",zone="",asset="plc",credential="",person="yes"} 1',
    ]
    assert series(plant, "upheld_connect_usual_seconds") == [
        'upheld_connect_usual_seconds{asset="plc"} 0.0009'
    ]
    said = status(picture(plant))["in_the_way"]
    assert [(one["kind"], one["subject"]) for one in said] == [
        ("suspected-impact", "plc"),
        ("breaker", "rtu"),
    ]


async def test_nobodys_words_are_in_a_label(plant):
    plant.guard.restraints.holds.put("zone:cell", 'eve"}', "x 1\nupheld_hold 0")

    assert series(plant, "upheld_guard") == [
        'upheld_guard{kind="hold",zone="cell",asset="",credential="",person="yes"} 1'
    ]


async def test_an_asset_s_page_says_what_it_got_and_how_far_it_is_trusted(plant):
    await plant.visit("plc")
    load = plant.guard.loads["127.0.0.1"]
    shown = await page(plant, "/assets/plc")

    assert load.connections > 0
    assert f"{load.packets} packets, {load.octets} octets, {load.connections} connections" in shown
    assert "of 1,000,000,000 packets for 24 hours" in shown
    assert "active: a laboratory trusts everything" in shown
    assert "<dt>Breaker</dt><dd>closed</dd>" in shown
    assert series(plant, "upheld_connections_total") == [
        f'upheld_connections_total{{asset="plc"}} {load.connections}',
        'upheld_connections_total{asset="rtu"} 0',
        'upheld_connections_total{asset="sis"} 0',
    ]
    assert "never: sis is never touched" in await page(plant, "/assets/sis")


async def test_a_hold_of_an_asset_that_left_the_inventory_still_shows(plant):
    plant.guard.restraints.holds.put("asset:gone", "j-smit", "")

    assert [one.asset for one in in_the_way(plant.site, plant.guard.restraints)] == ["gone"]
    assert "Asset gone is on hold" in await page(plant)
