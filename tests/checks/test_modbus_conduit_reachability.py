"""modbus-conduit-reachability, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.expected import ExpectedConduit
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason
from tests.checks.given import observed, port, told, verdict

CHECK = BY_ID["modbus-conduit-reachability"]
BARE = ExpectedConduit("dmz-control", "dmz", "control", "drop")
CONDUIT = ExpectedConduit("dmz-control", "dmz", "control", "drop", modbus_ports=(("plc-1", 1502),))
ACROSS = {
    "conduit": "dmz-control",
    "permitted": False,
    "vantage": "dmz-plain",
    "vantage_kind": "plain",
}


def tried(number, said, **changes):
    return port(number, said, **{**ACROSS, **changes})


def test_holds_when_every_modbus_port_is_dropped():
    answer = verdict(
        CHECK, tried(502, "filtered"), tried(1502, "filtered"), tried(80, "open"), conduit=CONDUIT
    )

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "silence"


def test_broken_by_modbus_on_a_port_of_its_own():
    answer = verdict(CHECK, tried(502, "filtered"), tried(1502, "open"), conduit=CONDUIT)

    assert told(answer) == ("fail", "reachable")
    assert answer.said == (
        "1 of 2 attempts that conduit dmz-control does not permit reached an open port."
    )


def test_not_applicable_where_no_modbus_is_known():
    answer = verdict(CHECK, tried(80, "filtered"), conduit=BARE)

    assert told(answer)[0] == "not-applicable"


def test_could_not_see_from_monitor_vantages_only():
    answer = verdict(CHECK, tried(502, "filtered", vantage_kind="monitor"), conduit=CONDUIT)

    assert told(answer) == ("inconclusive", "vantage-is-permitted")


def test_could_not_see_where_modbus_is_permitted_to_us():
    answer = verdict(CHECK, tried(502, "open", permitted=True), conduit=CONDUIT)

    assert told(answer) == ("inconclusive", "vantage-is-permitted")


def test_could_not_see_modbus_that_was_not_tried():
    assert told(verdict(CHECK, tried(80, "filtered"), conduit=CONDUIT))[1] == "not-asked"
    assert told(verdict(CHECK, conduit=CONDUIT)) == ("inconclusive", "not-asked")


def test_could_not_see_in_a_blind_run():
    answer = verdict(CHECK, tried(502, "filtered", blind=True), conduit=CONDUIT)

    assert told(answer) == ("inconclusive", "blind")


def test_could_not_see_a_gap():
    gap = observed(Reason.BUSY, facts_type=TcpPort.__name__, service="tcp-502", **ACROSS)

    assert told(verdict(CHECK, gap, conduit=CONDUIT)) == ("inconclusive", "busy")


def test_holds_over_a_sample_and_says_what_was_not_tried():
    answer = verdict(CHECK, tried(502, "filtered"), conduit=CONDUIT)

    assert told(answer)[0] == "pass"
    assert answer.said.endswith("Not tried: plc-1 tcp-1502, declared behind it.")
