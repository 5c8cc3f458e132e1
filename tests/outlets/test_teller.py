"""One change, told to everybody who is configured, and a recovery exactly when a failure was told."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from appliance.outlets.alerts import SUMMED_AFTER, Acknowledged
from appliance.outlets.teller import Change, Teller
from appliance.site.model import Site
from appliance.visit.guard.event import Event
from checks.facts.standing import Standing, State, StateKey, Subject
from checks.facts.verdict import Reason

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SUBJECT = Subject("asset", zone="cell", asset="plc")
KEY = StateKey(SUBJECT, "port-unexpected-absent")
ENGINEERS = StateKey(SUBJECT, "cleartext-service-absent")
PRESENT = StateKey(SUBJECT, "inventory-device-present")
GATEWAY = StateKey(Subject("asset", zone="cell", asset="gw"), "inventory-device-present")
MQTT = {"mqtt": {"broker": "mqtt://127.0.0.1:1883"}}
SOCS = {"soc": [{"address": "udp://127.0.0.1:514"}, {"address": "tcp://127.0.0.1:601"}]}


def site(**outlets):
    return Site.model_validate(
        {
            "site": {"id": "bench"},
            "appliance": {"id": "edge", "vantage": "cell"},
            "zones": [{"id": "cell", "responsible": "operations"}],
            "assets": [
                {"id": "gw", "zone": "cell", "address": "10.0.0.2", "role": "gateway"},
                {"id": "plc", "zone": "cell", "address": "10.0.0.1", "behind": "gw"},
            ],
            "outlets": outlets,
        }
    )


def standing(state, reason=Reason.AS_EXPECTED, **differs):
    return Standing(state, reason, "So.", (), AT, AT, AT, 3600, **differs)


GOOD, BAD = standing(State.PASS), standing(State.FAIL, Reason.DIFFERS)


def change(teller, key, before, after, *, at=AT, standings=()):
    """Tell it and write it down, as a visit does."""
    telling = teller.changes([Change(key, before, after)], dict(standings), entry=7, at=at)
    teller.written(telling)
    return telling


def told(teller, *states):
    """What each state after the first sends, by outlet."""
    found = []
    for before, after in zip((None, *states), states, strict=False):
        was = None if before is None else standing(before)
        messages = change(teller, KEY, was, standing(after)).messages
        found.append({m.outlet for m in messages})
    return found


def soc(messages, name="soc-1"):
    return [m.body.decode() for m in messages if m.outlet == name]


def acts(messages):
    return [re.search(r" act=(\w+)", body)[1] for body in soc(messages)]


@pytest.mark.parametrize(
    ("outlets", "names"),
    [({}, set()), (MQTT, {"mqtt"}), (SOCS, {"soc-1", "soc-2"}), (MQTT | SOCS, None)],
)
def test_a_failure_goes_to_every_outlet_there_is(outlets, names):
    assert told(Teller(site(**outlets)), State.FAIL) == [
        {"mqtt", "soc-1", "soc-2"} if names is None else names
    ]


def test_a_setting_to_mend_is_no_message_of_the_soc_and_is_an_event_for_who_listens():
    messages = change(Teller(site(**MQTT, **SOCS)), ENGINEERS, GOOD, BAD).messages
    events = [json.loads(m.body)["data"] for m in messages if m.address.endswith("event/alert")]

    assert soc(messages) == []
    assert [(e["act"], e["audience"]) for e in events] == [("firing", "engineering")]


def test_a_recovery_is_told_to_the_soc_although_nobody_could_look_in_between():
    socs = {"soc-1", "soc-2"}
    states = (State.PASS, State.FAIL, State.UNKNOWN, State.PASS, State.PASS)

    assert told(Teller(site(**SOCS)), *states) == [set(), socs, socs, socs, set()]


def test_a_restart_knows_what_was_told_from_what_is_in_the_store():
    before = Teller(site(**SOCS))
    rows = change(before, KEY, GOOD, BAD).rows
    after = Teller(site(**SOCS))
    blurred = standing(State.UNKNOWN, Reason.STALE)

    assert after.restore({KEY: blurred}, rows, at=AT) == []
    assert acts(change(after, KEY, blurred, GOOD).messages) == ["resolved"]


def test_a_restart_resolves_nothing_that_was_never_told():
    before = Teller(site(**SOCS))
    hidden = {GATEWAY: BAD}
    rows = change(before, KEY, GOOD, BAD, standings=hidden).rows
    after = Teller(site(**SOCS))
    after.restore({KEY: BAD, GATEWAY: BAD}, rows, at=AT)

    assert soc(change(after, KEY, BAD, GOOD).messages) == []


def test_what_fails_without_a_row_was_told_by_the_version_before():
    teller = Teller(site(**SOCS))
    teller.restore({KEY: BAD}, {}, at=AT)

    assert acts(change(teller, KEY, BAD, GOOD).messages) == ["resolved"]


def test_a_row_of_another_version_is_left_aside():
    teller = Teller(site(**SOCS))

    assert teller.restore({KEY: GOOD}, {str(KEY): b'{"key": 1}'}, at=AT) == []
    assert acts(change(teller, KEY, GOOD, BAD).messages) == ["firing"]


def test_what_was_never_written_down_was_never_told():
    teller = Teller(site(**SOCS))
    lost = teller.changes([Change(KEY, GOOD, BAD)], {}, entry=7, at=AT)

    assert acts(lost.messages) == acts(change(teller, KEY, GOOD, BAD).messages) == ["firing"]


def test_what_the_guard_did_is_told():
    event = Event("suspected-impact", "10.0.0.1", "It may have suffered.")
    sent = Teller(site(**MQTT, **SOCS)).events([event], entry=7, at=AT)

    assert [m.outlet for m in sent.messages] == ["mqtt", "soc-1", "soc-2"]


def test_a_silent_gateway_hides_the_controls_behind_it_and_not_itself():
    teller = Teller(site(**MQTT, **SOCS))
    missing = standing(State.FAIL, Reason.MISSING, rests_on="silence")
    both = teller.changes(
        [Change(KEY, GOOD, missing), Change(PRESENT, GOOD, missing), Change(GATEWAY, GOOD, missing)],
        {}, entry=7, at=AT,
    )  # fmt: skip
    alerts = {
        payload["key"]: payload
        for m in both.messages
        if "/alert/" in m.address and (payload := json.loads(m.body))
    }

    assert soc(both.messages) == []
    assert alerts[str(KEY)]["phase"] == alerts[str(PRESENT)]["phase"] == "inhibited"
    assert alerts[str(KEY)]["inhibited_by"] == str(GATEWAY)
    assert alerts[str(GATEWAY)]["phase"] == "firing"


def test_a_hidden_failure_that_is_still_there_afterwards_is_told_then():
    teller = Teller(site(**MQTT, **SOCS))
    change(teller, KEY, GOOD, BAD, standings={GATEWAY: BAD})
    back = {KEY: BAD, GATEWAY: GOOD}

    told = teller.due(back, entry=9, at=AT)
    assert acts(told.messages) == ["firing"]
    retained = [json.loads(m.body) for m in told.messages if "/alert/" in m.address]
    assert [r["phase"] for r in retained] == ["firing"]


def test_an_acknowledgement_goes_to_the_soc_with_who_and_why():
    teller = Teller(site(**MQTT, **SOCS))
    change(teller, KEY, GOOD, BAD)
    by = Acknowledged("j-smit", "The vendor is here.", AT)
    telling = teller.acknowledge(KEY, by, {KEY: BAD}, entry=8, at=AT)
    teller.written(telling)
    (body,) = soc(telling.messages)
    (retained,) = [json.loads(m.body) for m in telling.messages if "/alert/" in m.address]

    assert "act=acknowledged" in body
    assert "suser=j-smit" in body
    assert retained["acknowledged"]["why"] == "The vendor is here."
    # It outlives a restart, and a broker that came back empty hears it too.
    again = Teller(site(**MQTT, **SOCS))
    again.restore({KEY: BAD}, telling.rows, at=AT)
    refilled = again.retained({KEY: BAD}, entry=9, at=AT)
    assert [json.loads(m.body)["phase"] for m in refilled if "/alert/" in m.address] == [
        "acknowledged"
    ]


def test_an_empty_broker_hears_of_failures_that_nobody_sees_any_more():
    teller = Teller(site(**MQTT))
    blurred = standing(State.UNKNOWN, Reason.STALE)
    change(teller, KEY, GOOD, BAD)
    change(teller, KEY, BAD, blurred)

    refilled = teller.retained({KEY: blurred}, entry=9, at=AT)

    assert [m.address.rpartition("/")[2] for m in refilled if "/alert/" in m.address] == [str(KEY)]


def test_an_asset_that_left_ends_its_alert_everywhere():
    teller = Teller(site(**MQTT, **SOCS))
    change(teller, KEY, None, BAD)
    telling = teller.gone([KEY], at=AT)
    teller.written(telling)

    assert {m.outlet for m in telling.messages} == {"mqtt", "soc-1", "soc-2"}
    assert ["control.gone" in body for body in soc(telling.messages)] == [True]
    assert telling.rows == {str(KEY): None}
    assert told(teller, State.PASS) == [{"mqtt"}]


def test_an_asset_that_left_while_we_were_down_ends_its_alert_too():
    rows = change(Teller(site(**SOCS)), KEY, GOOD, BAD).rows
    messages = Teller(site(**SOCS)).restore({}, rows, at=AT)

    assert ["control.gone" in body for body in soc(messages)] == [True]


def test_a_storm_is_a_few_messages_and_a_count_that_carries_the_worst():
    teller = Teller(site(**MQTT, **SOCS))
    keys = [StateKey(Subject("service", "cell", "plc", f"tcp-{n}"), KEY.check) for n in range(60)]
    telling = teller.changes([Change(key, GOOD, BAD) for key in keys], {}, entry=7, at=AT)
    teller.written(telling)
    later = teller.due(dict.fromkeys(keys, BAD), entry=8, at=AT + SUMMED_AFTER)
    (more,) = soc(later.messages)

    assert len(soc(telling.messages)) == 5
    assert "55 more alerts in zone cell within 5 minutes" in more
    assert "|7|" in more
    # Nothing that is state is held back.
    assert sum("/alert/" in m.address for m in telling.messages) == 60
