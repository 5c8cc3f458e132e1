"""What the guard stopped by itself: an alert when it begins, retained, ended when somebody ends it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appliance.outlets.teller import Teller
from appliance.visit.guard.event import Event
from appliance.visit.guard.waiting import CREDENTIAL, IMPACT, STOP, InTheWay
from tests.outlets.schemas import fits
from tests.outlets.test_teller import MQTT, SOCS, site, soc

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
WAYS = [
    InTheWay(IMPACT, "plc may have suffered from us.", "plc", since=AT, person=True, remedy="ack"),
    InTheWay(STOP, "Zone cell stopped.", zone="cell", since=AT, person=True, remedy="ack"),
    InTheWay(STOP, "The site stopped.", since=AT, person=True, remedy="ack"),
    InTheWay(CREDENTIAL, "c is latched everywhere.", credential="c", person=True, remedy="rearm"),
]
ENDS = [
    Event("impact-acknowledged", "10.0.0.1", "j-smit: a fuse."),
    Event("stop.ended", "zone:cell", "j-smit: a fuse."),
    Event("stop.ended", "site", "j-smit: a fuse."),
    Event("credential.rearmed", "c", "j-smit: a fuse."),
]


def teller(*standing, **outlets):
    made = Teller(site(**(outlets or MQTT | SOCS)))
    made.standing = lambda: standing
    return made


def told(teller, *events, at=AT, **how):
    """Tell it and write it down, as a transaction does."""
    telling = teller.events(events, entry=7, at=at, **how)
    teller.written(telling)
    return telling


def alerts(messages):
    """By topic: the retained alerts, and the words in the stream, each as its schema has it."""
    of_mqtt = [m for m in messages if m.outlet == "mqtt" and "guard" not in m.address]
    retained = {
        m.address.rpartition("/")[2]: fits(m) if m.body else {}
        for m in of_mqtt
        if "/alert/" in m.address
    }
    words = [fits(m)["data"] for m in of_mqtt if m.address.endswith("/event/alert")]
    return retained, [(w["key"], w["act"], w["said"]) for w in words]


@pytest.mark.parametrize(("way", "end"), list(zip(WAYS, ENDS, strict=True)))
def test_it_is_retained_from_its_beginning_until_somebody_ends_it(way, end):
    teller_ = teller(way)
    retained, words = alerts(told(teller_).messages)
    assert list(retained) == [way.key]
    assert (retained[way.key]["said"], retained[way.key]["remedy"]) == (way.said, way.remedy)
    assert words == [(way.key, "firing", way.said)]

    assert told(teller_, at=LATER).messages == []
    teller_.standing = tuple
    ended = told(teller_, end, at=LATER)
    retained, words = alerts(ended.messages)
    assert retained == {way.key: {}}
    assert words == [(way.key, "resolved", "j-smit: a fuse.")]
    assert [f"act={end.kind} " in line for line in soc(ended.messages)] == [True]
    assert told(teller_, at=LATER).messages == []


def test_what_stands_at_a_restart_is_kept_and_what_ended_meanwhile_is_told():
    rows = told(teller(*WAYS)).rows
    again = teller(*WAYS[:1])

    assert again.restore({}, rows, at=LATER) == []
    assert again.rows() == set(rows)
    ended = told(again, at=LATER)
    retained, words = alerts(ended.messages)
    assert retained == {way.key: {} for way in WAYS[1:]}
    assert {act for _, act, _ in words} == {"resolved"}
    assert all("act=alarm.gone " in line for line in soc(ended.messages))
    assert ended.rows == {name: None for name in rows if WAYS[0].key not in name}


def test_a_row_of_another_version_is_forgotten_and_what_stands_told_again():
    again = teller(*WAYS[:1])
    again.restore({}, {f"guard:{WAYS[0].key}": b'{"way": 1}', "guard:other.x": b"["}, at=AT)

    assert again.rows() == set()
    assert list(alerts(told(again).messages)[0]) == [WAYS[0].key]


def test_a_broker_that_comes_back_empty_gets_it_again_with_its_first_entry():
    teller_ = teller(*WAYS)
    told(teller_)
    retained = [fits(m) for m in teller_.retained({}, entry=99, at=LATER)]

    assert [r["key"] for r in retained] == [w.key for w in WAYS]
    assert {r["entry"] for r in retained} == {7}
    # A latch has no moment of its own: it stands since it was told.
    assert {datetime.fromisoformat(r["since"]) for r in retained} == {AT}


def test_other_words_about_the_same_are_retained_and_begin_nothing():
    teller_ = teller(WAYS[1])
    told(teller_)
    teller_.standing = lambda: (replace(WAYS[1], said="Zone cell stopped, and plc too."),)
    retained, words = alerts(told(teller_, at=LATER).messages)

    assert retained[WAYS[1].key]["said"] == "Zone cell stopped, and plc too."
    assert words == []


def test_a_visit_begins_alarms_and_ends_none():
    teller_ = teller(WAYS[0])
    told(teller_)
    teller_.standing = lambda: (WAYS[1],)
    assert told(teller_, ends=False).messages == []
    event = Event("stop.began", "zone:cell", "Zone cell stopped.")
    retained, words = alerts(told(teller_, event, ends=False).messages)

    assert (list(retained), [act for _, act, _ in words]) == ([WAYS[1].key], ["firing"])
    assert set(teller_.alarms) == {WAYS[0].key, WAYS[1].key}


def test_what_was_never_written_down_was_never_told():
    teller_ = teller(WAYS[0])
    lost = teller_.events((), entry=7, at=AT)

    assert alerts(lost.messages) == alerts(told(teller_).messages)


def test_without_a_broker_it_is_kept_all_the_same():
    teller_ = teller(WAYS[0], **SOCS)
    telling = told(teller_)

    assert telling.messages == []
    assert list(telling.rows) == [f"guard:{WAYS[0].key}"]
    assert json.loads(telling.rows[f"guard:{WAYS[0].key}"])["entry"] == 7
