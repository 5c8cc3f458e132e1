"""`upheld ack KEY`, over the ledger: written down, told, shown, and over when the state changes."""

from __future__ import annotations

import json

import pytest

from appliance.rounds.acknowledging import acknowledge, is_alert
from appliance.running.painting import paint
from appliance.running.reporting import status
from appliance.running.ruling import Ruling
from appliance.visit.guard.peers import Peer
from tests.visit.clocks import START, FakeClock

KEY = "plc.tcp-1.port-expected-present"
ASSETS = """
assets:
  - {id: plc, zone: cell, address: 127.0.0.1, role: plc,
     services: [{port: tcp/1, protocol: s7}]}
outlets:
  mqtt: {broker: "mqtt://127.0.0.1:1"}
  soc: [{address: "udp://127.0.0.1:1"}]
"""
ACK = {"command": "ack", "why": "The vendor is here.", "sudo_user": "j-smit"}


@pytest.fixture
async def failing(site, rounds, tmp_path):
    """An appliance over one asset whose listed port is closed."""
    clock = FakeClock()
    async with rounds(site(ASSETS), clock=clock) as r:
        await r.visit("plc", due_anyway=True)
        yield r


def open_key(r):
    return next(str(k) for k, row in r.teller.book.rows.items() if row.open)


def shown(r):
    picture = paint(r, started=START, checkpoint_at=None, outbox={}, reloaded=True)
    return {row["key"]: row for row in status(picture)["failing"]}


async def test_an_acknowledgement_is_in_the_ledger_on_the_wire_and_in_the_status(failing):
    key, before = open_key(failing), failing.store.size
    waiting = len(await failing.store.waiting("mqtt"))
    answer = await acknowledge(failing, ACK | {"subject": key}, "root")
    entries = [json.loads(body) async for _, body in failing.store.entries(before)]
    fresh = (await failing.store.waiting("mqtt"))[waiting:]

    assert "said" in answer
    assert [(e["type"], e["key"], e["who"], e["why"]) for e in entries] == [
        ("user.action", key, "root for j-smit", "The vendor is here.")
    ]
    assert any(m.message.address.endswith("event/alert") for m in fresh)
    assert shown(failing)[key]["acknowledged"]["who"] == "root for j-smit"
    assert shown(failing)[key]["phase"] == "acknowledged"


async def test_it_outlives_a_restart(site, rounds):
    folder, clock = site(ASSETS), FakeClock()
    async with rounds(folder, clock=clock) as r:
        await r.visit("plc", due_anyway=True)
        key = open_key(r)
        await acknowledge(r, ACK | {"subject": key}, "j-smit")
    async with rounds(folder, clock=clock) as r:
        assert shown(r)[key]["acknowledged"]["why"] == "The vendor is here."


@pytest.mark.parametrize(
    ("command", "says"),
    [({"why": ""}, "say why"), ({"subject": "plc.tcp-1.port"}, "no alert plc.tcp-1.port is open")],
)
async def test_what_cannot_be_acknowledged_says_what_to_write(failing, command, says):
    answer = await acknowledge(failing, ACK | {"subject": open_key(failing)} | command, "j-smit")

    assert says in answer["error"]


async def test_the_control_socket_leads_there_and_the_guard_s_own_ack_stays(failing, tmp_path):
    ruling = Ruling(failing, tmp_path)
    key = open_key(failing)
    answer = await ruling.obey(ACK | {"subject": key}, Peer(0, 0))

    assert "is acknowledged by root for j-smit" in answer["said"][0]
    assert not is_alert({"command": "ack", "subject": "zone:cell"})
    assert "has not stopped" in (await ruling.obey(ACK | {"subject": "site"}, Peer(0, 0)))["error"]


async def test_what_left_the_configuration_ends_at_the_soc_too(site, rounds):
    folder, clock = site(ASSETS), FakeClock()
    async with rounds(folder, clock=clock) as r:
        await r.visit("plc", due_anyway=True)
        told = {str(k) for k, row in r.teller.book.rows.items() if row.told}
        assert told
    site(ASSETS.replace("id: plc", "id: other"))
    async with rounds(folder, clock=clock) as r:
        gone = [m.message.address for m in await r.store.waiting("mqtt", 1000)]
        assert {a.rpartition("/")[2] for a in gone if "/alert/" in a} >= told
        assert await r.store.alerts() == {}


async def test_each_visit_is_told_so_that_a_soc_can_leave_us_out(failing):
    told = [m.message for m in await failing.store.waiting("mqtt", 1000)]
    (visit,) = [json.loads(m.body) for m in told if m.address.endswith("/event/visit")]
    data = visit["data"]

    assert visit["specversion"] == "1.0"
    assert (data["asset"], data["to"], data["from"]) == ("plc", ["127.0.0.1"], ["127.0.0.5"])
    assert data["packets"] > 0
    assert data["connections"] > 0
    assert data["started"] <= data["finished"]
