"""conduit-default-deny, in its four kinds of case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checks import BY_ID
from checks.facts.expected import ExpectedConduit
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason
from tests.checks.given import NOW, observed, port, told, verdict

CHECK = BY_ID["conduit-default-deny"]
DROPS = ExpectedConduit("dmz-control", "dmz", "control", "drop")
RESETS = ExpectedConduit("dmz-control", "dmz", "control", "reset")
ACROSS = {
    "conduit": "dmz-control",
    "permitted": False,
    "vantage": "dmz-plain",
    "vantage_kind": "plain",
}


def tried(number, said, **changes):
    return port(number, said, **{**ACROSS, **changes})


def test_holds_when_a_plain_vantage_is_met_with_silence():
    answer = verdict(CHECK, tried(23, "filtered"), tried(80, "filtered"), conduit=DROPS)

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "silence"


def test_holds_when_the_firewall_resets_a_declared_service():
    answer = verdict(CHECK, tried(502, "refused", service="tcp-502"), conduit=RESETS)

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "answer"


@pytest.mark.parametrize("kind", ["plain", "monitor"])
def test_broken_by_an_open_port_from_any_vantage(kind):
    answer = verdict(
        CHECK, tried(23, "filtered"), tried(80, "open", vantage_kind=kind), conduit=DROPS
    )

    assert told(answer) == ("fail", "reachable")
    assert answer.said == (
        "1 of 2 attempts that conduit dmz-control does not permit reached an open port."
    )
    assert answer.where == ("plc-1 tcp-80 from dmz-plain",)


def test_not_applicable_inside_one_zone():
    answer = verdict(CHECK, port(23, "refused"), conduit=DROPS)

    assert told(answer)[0] == "not-applicable"


def test_could_not_see_from_monitor_vantages_only():
    answer = verdict(CHECK, tried(23, "filtered", vantage_kind="monitor"), conduit=DROPS)

    assert told(answer) == ("inconclusive", "vantage-is-permitted")


# A year ahead: from before our own clock was set back.
@pytest.mark.parametrize("last", [None, NOW - timedelta(hours=25), NOW + timedelta(days=365)])
def test_could_not_see_behind_the_conduit_without_a_sign_of_life(last):
    answer = verdict(CHECK, tried(23, "filtered", last_alive=last), conduit=DROPS)

    assert told(answer) == ("inconclusive", "no-control")


def test_could_not_see_in_a_blind_run():
    answer = verdict(CHECK, tried(23, "filtered", blind=True), conduit=DROPS)

    assert told(answer) == ("inconclusive", "blind")


def test_could_not_see_who_refused_where_the_firewall_drops():
    answer = verdict(CHECK, tried(23, "refused"), tried(80, "filtered"), conduit=DROPS)

    assert told(answer) == ("inconclusive", "refused")


def test_could_not_see_who_refused_a_closed_port_where_the_firewall_resets():
    answer = verdict(CHECK, tried(23, "refused"), conduit=RESETS)

    assert told(answer) == ("inconclusive", "not-comparable")


def test_could_not_see_past_an_unreachable():
    answer = verdict(CHECK, tried(23, "unreachable"), conduit=DROPS)

    assert told(answer) == ("inconclusive", "unreachable")


def test_could_not_see_when_only_permitted_ports_were_tried():
    answer = verdict(CHECK, tried(4840, "open", permitted=True), conduit=DROPS)

    assert told(answer) == ("inconclusive", "not-asked")


def test_could_not_see_what_nobody_tried():
    assert told(verdict(CHECK, conduit=DROPS)) == ("inconclusive", "not-asked")


@pytest.mark.parametrize("reason", [Reason.BUSY, Reason.BUDGET_SPENT])
def test_could_not_see_a_gap(reason):
    gap = observed(reason, facts_type=TcpPort.__name__, **ACROSS)

    assert told(verdict(CHECK, gap, conduit=DROPS)) == ("inconclusive", reason.value)


def test_could_not_see_a_second_asset_that_shows_no_life():
    other = tried(23, "filtered", asset="plc-2", last_alive=None)

    answer = verdict(CHECK, tried(23, "filtered"), other, conduit=DROPS)

    assert told(answer) == ("inconclusive", "no-control")
    assert answer.where == ("plc-2",)
