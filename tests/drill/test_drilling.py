"""A drill through real peers: every step says what it shows, and only a person ends it well."""

from __future__ import annotations

import asyncio
import json

import pytest

from appliance.drill.drilling import Refused
from appliance.drill.looking import KEY
from tests.drill.conftest import QUICK, becomes, code_in, ended, known, written
from tests.outlets.brokers import Listener, Mosquitto
from tests.outlets.collectors import Rsyslog
from tests.outlets.schemas import heard_fits


@pytest.fixture
def broker(tmp_path):
    made = Mosquitto(tmp_path / "broker")
    yield made
    made.stop()


@pytest.fixture
def collector(tmp_path):
    made = Rsyslog(tmp_path / "collector")
    yield made
    made.stop()


class Died(BaseException):
    """As a process that is gone: nothing of ours is done about it."""


def outlets(broker=None, collector=None):
    mqtt = f'mqtt: {{broker: "mqtt://127.0.0.1:{broker.port}"}}' if broker else ""
    soc = f'soc: [{{address: "tcp://127.0.0.1:{collector.port}"}}]' if collector else ""
    return f"outlets: {{{', '.join(filter(None, (mqtt, soc)))}}}\n"


async def connected(drilling, *names):
    made = drilling._publishing.made
    await becomes(lambda: all(made(name) and made(name).connected for name in names))


async def test_a_drill_reaches_the_broker_and_the_collector_within_a_second_and_ends_when_seen(
    configured, appliance, broker, collector
):
    broker.start()
    collector.start()
    listener = Listener(broker.port)
    async with appliance(configured(outlets(broker, collector))) as drilling:
        await connected(drilling, "mqtt", "soc-1")
        await drilling.begin("by a test")
        drill = await known(drilling, "recorded", "mqtt", "soc-1")
        told = await listener.until(lambda m: m.topic.endswith("/event/alert"))
        seen = await collector.until(lambda found: any("DRILL" in m["msg"] for m in found))
        alert = next(m for m in seen if "DRILL" in m["msg"])
        said = await drilling.confirm(code_in(alert["msg"]), "j-smit")
        over = await ended(drilling)
        cleared = await listener.until(lambda m: "/event/alert" in m.topic)
        seen = await collector.until(lambda found: any("is over" in m["msg"] for m in found))
        entries = await written(drilling)
        standings = drilling._rounds.standings
        own = drilling._rounds.own().drills
    listener.close()

    assert [(h.name, h.shown) for h in drill.hops[:3]] == [
        ("recorded", True), ("mqtt", True), ("soc-1", True),
    ]  # fmt: skip
    assert all(h.ms < 1_000 for h in drill.hops[:3])
    event = heard_fits(told[-1])["data"]
    assert all(heard_fits(m) or not m.payload for m in (*told, *cleared))
    assert event["drill"] is True
    assert event["said"].count("DRILL") == alert["msg"].count(f"DRILL {drill.code}:") == 1
    assert code_in(event["said"]) == drill.code
    retained = next(m for m in told if "/alert/" in m.topic and "/event/" not in m.topic)
    assert retained.topic == f"upheld/v1/bench/alert/{KEY}"
    assert json.loads(retained.payload)["drill"] is True
    assert "drill=true" in alert["msg"]
    assert alert["msgid"] == "control.fail"
    assert any(m.topic == retained.topic and not m.payload for m in cleared)
    assert any(m["msgid"] == "control.recovered" and "drill=true" in m["msg"] for m in seen)
    assert "confirmed by j-smit" in said
    assert over.confirmed is not None
    assert own.confirmed == over.confirmed
    assert own.broken == ()
    assert [e["event"] for e in entries] == ["judged", "followed", "confirmed", "ended"]
    assert entries[0]["verdict"]["outcome"] == "fail"
    assert drill.code not in json.dumps(entries[:2])
    assert not standings


async def test_with_the_broker_down_the_step_says_so_and_the_others_go_on(
    configured, appliance, broker, collector
):
    collector.start()
    async with appliance(configured(outlets(broker, collector)), QUICK) as drilling:
        await connected(drilling, "soc-1")
        await drilling.begin("by a test")
        drill = await known(drilling, "mqtt", "soc-1")
        own = drilling._rounds.own().drills

    assert drill.hop("soc-1").shown is True
    assert drill.hop("mqtt").shown is False
    assert drill.hop("mqtt").said == (
        "not shown within 1 s: no connection to the broker; it waits in the outbox"
    )
    assert own.broken == (f"mqtt: {drill.hop('mqtt').said}",)


async def test_two_drills_at_a_time_are_refused_in_clear_words(configured, appliance, broker):
    async with appliance(configured(outlets(broker)), QUICK) as drilling:
        both = await asyncio.gather(
            drilling.begin("first"), drilling.begin("second"), return_exceptions=True
        )
        with pytest.raises(Refused, match=r"still under way: its alert stands until \d\d:\d\d"):
            await drilling.begin("third")

    assert sum(isinstance(b, Refused) for b in both) == 1


async def test_nobody_drills_where_nobody_would_see_it(configured, appliance):
    async with appliance(configured("")) as drilling:
        with pytest.raises(Refused, match=r"names no outlets.mqtt, no outlets.soc"):
            await drilling.begin("by a test")


async def test_a_drill_broken_off_by_a_stop_goes_on_and_ends(configured, appliance, broker):
    folder = configured(outlets(broker) + "drill: {lasts: 3s}\n")
    async with appliance(folder) as drilling:
        begun = await drilling.begin("by a test")
    broker.start()
    listener = Listener(broker.port)
    async with appliance(folder) as drilling:
        assert drilling.book.newest.id == begun.id
        drill = await known(drilling, "mqtt")
        over = await ended(drilling)
        told = await listener.until(lambda m: b'"is":"pass"' in m.payload)
    listener.close()

    assert drill.hop("mqtt").shown is True
    assert drill.hop("mqtt").said.endswith("after a restart")
    assert drill.hop("mqtt").ms is None
    assert over.confirmed is None
    assert any(b'"is":"fail"' in m.payload and b'"drill":true' in m.payload for m in told)


async def test_a_drill_that_died_before_it_was_written_down_is_taken_back(
    configured, appliance, broker, monkeypatch
):
    folder = configured(outlets(broker))
    async with appliance(folder) as drilling:
        note = drilling._rounds.note

        async def dies(*arguments):
            monkeypatch.undo()
            await note(*arguments)
            raise Died

        monkeypatch.setattr(drilling._rounds, "note", dies)
        with pytest.raises(Died):
            await drilling.begin("by a test")
    async with appliance(folder) as drilling:
        over = await ended(drilling)
        entries = await written(drilling)

    assert over.entry is None
    assert [e["event"] for e in entries] == ["judged", "ended"]
    assert all(h.shown is False for h in over.hops)


async def test_a_wrong_code_confirms_nothing_and_ten_of_them_end_the_guessing(
    configured, appliance, broker
):
    async with appliance(configured(outlets(broker)), QUICK) as drilling:
        drill = await drilling.begin("by a test")
        for _ in range(10):
            with pytest.raises(Refused, match="no drill has this code"):
                await drilling.confirm("AAAAAA", "mallory")
        with pytest.raises(Refused, match="too many wrong codes"):
            await drilling.confirm(drill.code, "mallory")

        assert drilling.book.newest.confirmed is None


async def test_a_drill_runs_on_hold_and_says_so(configured, appliance, broker):
    broker.start()
    listener = Listener(broker.port)
    async with appliance(configured(outlets(broker))) as drilling:
        drilling._rounds.guard.restraints.holds.put("site", "j-smit", "work")
        await drilling.begin("by a test")
        told = await listener.until(lambda m: m.topic.endswith("/event/alert"))
        sent = drilling._rounds.guard.last_sent
    listener.close()

    assert "on hold" in json.loads(told[-1].payload)["data"]["said"]
    assert sent is None
