"""What is told over MQTT fits its schemas, whatever a device wrote."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.outlets import messages, telling
from appliance.outlets.alerts import UNSEEN
from checks import ALL
from checks.facts.standing import State, StateKey, Subject
from checks.facts.verdict import Reason
from checks.techniques import TECHNIQUES
from tests.outlets.conftest import AT, NASTY, standing
from tests.outlets.schemas import KINDS, SCHEMAS, fits
from tests.outlets.told import AROUND, Acknowledged, Word, row

CHECK = ALL[0]
SERVICE = Subject("service", "control", "plc-1", "tcp-4840")
SUBJECTS = [
    (SERVICE, "asset/plc-1/service/tcp-4840"),
    (Subject("asset", "control", "plc-1"), "asset/plc-1"),
    (Subject("conduit", conduit="dmz-control"), "conduit/dmz-control"),
    (Subject("zone", "control"), "zone/control"),
    (Subject("site"), "site"),
]


def alerted(key, seen, **differs):
    found = row(key, **differs)
    return messages.alert("northgate", key, seen, CHECK, row=found, around=AROUND, entry=7, at=AT)


def changed(key, before, after, word):
    found = row(key, UNSEEN if after.state is State.UNKNOWN else "differs")
    return telling.change(
        "northgate", key, before, after, CHECK,
        word=word, row=found, around=AROUND, entry=7, at=AT,
    )  # fmt: skip


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda p: p.name)
def test_each_schema_is_one(path):
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_event_s_data_has_no_field_that_is_not_in_its_schema(kind):
    path = SCHEMAS / f"event-{kind}.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    fields = schema["properties"]

    with pytest.raises(jsonschema.ValidationError, match="Additional properties"):
        jsonschema.validate({"unheard-of": 1}, schema | {"required": []})
    assert set(schema["required"]) <= set(fields)
    assert all({"type", "enum", "const"} & set(field) for field in fields.values())


@pytest.mark.parametrize(("subject", "place"), SUBJECTS)
def test_each_kind_of_subject_has_its_topic(subject, place):
    key = StateKey(subject, "some-check")
    told = messages.state("northgate", key, standing(State.PASS), entry=7, at=AT)

    assert told.address == f"upheld/v1/northgate/{place}/check/some-check"
    assert told.latest_only
    assert json.loads(told.headers)["retain"]
    assert fits(told)["key"] == str(key)


@pytest.mark.parametrize("state", State)
def test_each_state_fits_its_schema(state):
    key = StateKey(SERVICE, "some-check")

    told = messages.state("northgate", key, standing(state, Reason.DIFFERS, NASTY), entry=7, at=AT)

    assert fits(told)["said"] == NASTY


def test_what_is_gone_is_emptied_and_stays_so():
    key = StateKey(SERVICE, "some-check")
    state = messages.state("northgate", key, standing(State.PASS), entry=7, at=AT)
    alert = alerted(key, standing(State.FAIL))

    for gone, there in (
        (messages.cleared("northgate", key), state),
        (messages.alert_resolved("northgate", key), alert),
    ):
        assert gone.body == b""
        assert json.loads(gone.headers)["retain"]
        # The same stream: it can neither overtake nor be overtaken.
        assert (gone.address, gone.stream) == (there.address, there.stream)


def test_an_alert_has_the_name_everybody_calls_it_by():
    key = StateKey(SERVICE, CHECK.id)
    told = alerted(key, standing(State.FAIL))

    assert told.address == f"upheld/v1/northgate/alert/plc-1.tcp-4840.{CHECK.id}"
    assert fits(told)["severity"] == CHECK.severity


def test_events_keep_one_order_and_replace_nothing():
    data = {"kind": "hold.put", "subject": "site", "said": "The site is on hold."}
    first = messages.event("northgate", "guard", data, id="1", at=AT)
    second = messages.event("northgate", "summary", {}, id="2", at=AT)

    assert first.stream == second.stream
    assert not first.latest_only
    assert not json.loads(first.headers)["retain"]
    assert fits(first)["type"] == "upheld.guard"
    assert json.loads(first.headers)["content_type"] == "application/cloudevents+json"


def test_a_checkpoint_is_told_byte_for_byte():
    note = "northgate/evidence/1\n7\nq83v\n\n\u2014 northgate/evidence/1 AAAA\n"

    told = messages.checkpoint("northgate", note)

    assert told.body == note.encode()
    assert told.address == "upheld/v1/northgate/ledger/checkpoint"
    assert json.loads(told.headers)["content_type"].startswith("text/plain")


def test_summary_and_status_fit_their_schemas():
    assert fits(messages.summary("northgate", "control", {"fail": 2, "pass": 1}, at=AT))
    assert fits(messages.status("northgate", "online", appliance="edge-1", at=AT))
    assert fits(messages.status("northgate", "offline", appliance="edge-1"))["at"] is None


def test_a_drift_is_told_as_state_alert_and_event():
    key = StateKey(SERVICE, CHECK.id)
    before, after = standing(State.PASS), standing(State.FAIL, Reason.DIFFERS, "It drifted.")

    told = changed(key, before, after, Word.FIRING)

    kinds = [fits(m) and m.address.split("/", 3)[3].split("/")[:2] for m in told]
    assert kinds == [
        ["asset", SERVICE.asset],
        ["event", "state"],
        ["alert", str(key)],
        ["event", "alert"],
    ]


def test_what_nobody_can_see_any_more_ends_no_alert():
    key = StateKey(SERVICE, CHECK.id)
    before = standing(State.FAIL, Reason.DIFFERS, "It drifted.")
    after = standing(State.UNKNOWN, Reason.STALE, "Nobody knows.")

    (alert,) = [m for m in changed(key, before, after, None) if "/alert/" in m.address]

    assert fits(alert)["state"] == "unknown"


def test_an_alert_says_what_whoever_is_woken_asks_next():
    key = StateKey(SERVICE, CHECK.id)
    by = Acknowledged("root for j-smit", "The vendor is here.", AT)

    said = fits(alerted(key, standing(State.FAIL, Reason.DIFFERS), acknowledged=by))

    assert (said["was"], said["state"], said["last_good"]) == (
        "pass",
        "fail",
        "2026-03-02T10:00:00.000000Z",
    )
    assert (said["basis"], said["vantages"]) == ("enforced", ["dmz"])
    assert (said["neighbours"], said["failing_too"]) == (["plc-2.tcp-4840.some-check"], 1)
    assert (said["restraint"], said["call"]) == ("zone control is on hold", "operations")
    assert said["leave"] == "Do not restart it."
    assert said["enables"] == [{"id": t, "name": TECHNIQUES[t]} for t in CHECK.enables] != []
    assert said["runbook"] == "docs/runbooks.md#differs"
    assert (said["phase"], said["audience"]) == ("acknowledged", "soc")
    assert said["acknowledged"]["who"] == "root for j-smit"


def test_an_inhibited_alert_names_what_hides_it():
    key = StateKey(SERVICE, CHECK.id)
    said = fits(alerted(key, standing(State.FAIL), heard="", held="gw-1.inventory-device-present"))

    assert said["phase"] == "inhibited"
    assert said["inhibited_by"] == "gw-1.inventory-device-present"


@given(said=st.text(), where=st.lists(st.text(), max_size=3))
def test_no_text_of_a_device_breaks_a_message(said, where):
    seen = replace(standing(State.FAIL, Reason.DIFFERS, said), where=tuple(where))
    key = StateKey(SERVICE, CHECK.id)

    for told in (
        messages.state("northgate", key, seen, entry=7, at=AT),
        alerted(key, seen),
    ):
        assert fits(told)["reason"] == "differs"
        told.body.decode()


def test_a_lone_surrogate_of_a_device_is_told_as_an_escape():
    seen = standing(State.FAIL, Reason.DIFFERS, "bad \ud800 text")
    told = messages.state("northgate", StateKey(SERVICE, CHECK.id), seen, entry=7, at=AT)

    assert "bad" in fits(told)["said"]
    told.body.decode()
