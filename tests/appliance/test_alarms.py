"""A stop that waits for a person, through the ledger: retained, kept over a restart, ended by `ack`."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from appliance.publishing import Publishing
from appliance.rounds.acknowledging import acknowledge
from appliance.running.ruling import Ruling
from appliance.visit.guard import Kept
from appliance.visit.guard.peers import Peer
from appliance.visit.guard.restraint import segment_of
from appliance.visit.guard.stops import AGAIN_WITHIN
from tests.outlets.schemas import fits
from tests.visit.clocks import FakeClock

ASSETS = """
assets:
  - {id: plc, zone: cell, address: 127.0.0.1, services: [{port: tcp/1, protocol: s7}]}
outlets:
  mqtt: {broker: "mqtt://127.0.0.1:1"}
  soc: [{address: "udp://127.0.0.1:1"}]
"""
KEY = "stop.cell"
ACK = {"command": "ack", "subject": "cell", "why": "A fuse.", "sudo_user": "j-smit"}


def lose(r):
    """Three devices of the zone fall silent after our packets."""
    stops, segment, events = r.guard.restraints.stops, segment_of(r.site.assets[0]), ()
    for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
        stops.began(address)
        stops.answered(address)
        events += stops.lost(address, segment, devices=3)
    return events


async def told(r):
    """The retained alert in the outbox, None for none, and how many waited; checked as told."""
    waiting = [w.message for w in await r.store.waiting("mqtt", 1000)]
    words = [fits(m)["data"] for m in waiting if m.address.endswith("/event/alert")]
    alert = [m for m in waiting if m.address.endswith(f"/alert/{KEY}")]
    acts = [w["act"] for w in words if w["key"] == KEY]
    return (fits(alert[-1]) if alert[-1].body else {}) if alert else None, acts


async def soc(r):
    lines = [w.message.body.decode() for w in await r.store.waiting("soc-1", 1000)]
    return [line for line in lines if "act=stop" in line]


@pytest.fixture
def kept():
    return Kept.in_memory()


async def test_a_repeated_stop_is_an_alert_until_it_is_acknowledged(site, rounds, kept, tmp_path):
    folder, clock = site(ASSETS), FakeClock()
    async with rounds(folder, clock=clock, kept=kept) as r:
        await r.record(lose(r))
        # The first ends by itself: told to the SOC, and nobody has to come.
        assert await told(r) == (None, [])
        assert len(await soc(r)) == 1
        r.guard.restraints.stops.ack("zone:cell", "j-smit", "seen")
        clock.pass_(AGAIN_WITHIN / 2)
        await r.record(lose(r))
        alert, acts = await told(r)
        assert (alert["reason"], alert["zone"], acts) == ("stop", "cell", ["firing"])
        assert "upheld ack cell" in alert["remedy"]
        assert "upheld ack cell" in (await acknowledge(r, ACK | {"subject": KEY}, "j"))["error"]

    async with rounds(folder, clock=clock, kept=kept) as r:
        assert (await told(r))[1] == ["firing"]
        refill = Publishing(r)._retained()
        assert [fits(m)["entry"] for m in refill if m.address.endswith(KEY)] == [alert["entry"]]
        answer = await Ruling(r, tmp_path).obey(ACK, Peer(0, 0))
        assert "said" in answer
        assert await told(r) == ({}, ["firing", "resolved"])
        assert "A fuse" in (await soc(r))[-1]
        assert await r.store.alerts() == {}
        assert [m for m in Publishing(r)._retained() if m.address.endswith(KEY)] == []

    async with rounds(folder, clock=clock, kept=kept) as r:
        assert (await told(r))[1] == ["firing", "resolved"]


async def test_what_was_acknowledged_while_nobody_could_write_it_down_ends_at_the_start(
    site, rounds, kept
):
    folder, clock = site(ASSETS), FakeClock()
    async with rounds(folder, clock=clock, kept=kept) as r:
        lose(r)
        r.guard.restraints.stops.ack("site", "j-smit", "seen")
        clock.pass_(AGAIN_WITHIN / 2)
        await r.record(lose(r))
        assert list(await r.store.alerts()) == [f"guard:{KEY}"]
        r.guard.restraints.stops.ack("site", "j-smit", "seen")
    async with rounds(folder, clock=clock, kept=kept) as r:
        assert await told(r) == ({}, ["firing", "resolved"])
        assert await r.store.alerts() == {}


async def test_a_visit_tells_of_the_alarm_its_own_packets_began(site, rounds, kept, monkeypatch):
    async with rounds(site(ASSETS), clock=FakeClock(), kept=kept) as r:
        lose(r)
        r.guard.restraints.stops.ack("site", "j-smit", "seen")
        take = r.taking.take

        async def harmful(*args, **how):
            return replace(await take(*args, **how), events=lose(r))

        monkeypatch.setattr(r.taking, "take", harmful)
        await r.visit("plc", due_anyway=True)
        rows = await r.store.alerts()
        assert json.loads(rows[f"guard:{KEY}"])["way"]["zone"] == "cell"
        assert (await told(r))[1] == ["firing"]
