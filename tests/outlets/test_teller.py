"""One change, told to everybody who is configured, and a recovery exactly when a failure was told."""

from datetime import UTC, datetime

import pytest

from appliance.outlets.teller import Teller
from appliance.site.model import Site
from appliance.visit.guard.event import Event
from checks.facts.standing import Standing, State, StateKey, Subject
from checks.facts.verdict import Reason

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
KEY = StateKey(Subject("asset", zone="cell", asset="plc"), "port-unexpected-absent")
MQTT = {"mqtt": {"broker": "mqtt://127.0.0.1:1883"}}
SOCS = {"soc": [{"address": "udp://127.0.0.1:514"}, {"address": "tcp://127.0.0.1:601"}]}


def site(**outlets):
    return Site.model_validate(
        {
            "site": {"id": "bench"},
            "appliance": {"id": "edge", "vantage": "cell"},
            "zones": [{"id": "cell"}],
            "assets": [{"id": "plc", "zone": "cell", "address": "10.0.0.1"}],
            "outlets": outlets,
        }
    )


def standing(state):
    return Standing(state, Reason.AS_EXPECTED, "So.", (), AT, AT, AT, 3600)


def told(teller, *states):
    """What each state after the first sends, by outlet."""
    sent = []
    for before, after in zip((None, *states), states, strict=False):
        was = None if before is None else standing(before)
        messages = teller.change(KEY, was, standing(after), entry=7, at=AT)
        sent.append({m.outlet for m in messages})
    return sent


@pytest.mark.parametrize(
    ("outlets", "names"),
    [({}, set()), (MQTT, {"mqtt"}), (SOCS, {"soc-1", "soc-2"}), (MQTT | SOCS, None)],
)
def test_a_failure_goes_to_every_outlet_there_is(outlets, names):
    assert told(Teller(site(**outlets)), State.FAIL) == [
        {"mqtt", "soc-1", "soc-2"} if names is None else names
    ]


def test_a_recovery_is_told_to_the_soc_although_nobody_could_look_in_between():
    socs = {"soc-1", "soc-2"}
    states = (State.PASS, State.FAIL, State.UNKNOWN, State.PASS, State.PASS)

    assert told(Teller(site(**SOCS)), *states) == [set(), socs, socs, socs, set()]


def test_a_recovery_is_told_after_a_restart_too():
    teller = Teller(site(**SOCS))
    teller.restore({KEY: standing(State.FAIL)})
    messages = teller.change(KEY, standing(State.FAIL), standing(State.PASS), entry=7, at=AT)

    assert [m.outlet for m in messages] == ["soc-1", "soc-2"]


def test_what_the_guard_did_is_told():
    event = Event("suspected-impact", "10.0.0.1", "It may have suffered.")
    sent = Teller(site(**MQTT, **SOCS)).events([event], entry=7, at=AT)

    assert [m.outlet for m in sent] == ["mqtt", "soc-1", "soc-2"]


def test_an_asset_that_left_is_no_alert_any_more():
    teller = Teller(site(**MQTT, **SOCS))
    teller.change(KEY, None, standing(State.FAIL), entry=7, at=AT)

    assert {m.outlet for m in teller.gone([KEY])} == {"mqtt"}
    assert told(teller, State.PASS) == [{"mqtt"}]
