"""engineering-access-restricted, in its four kinds of case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checks import BY_ID
from checks.facts.expected import ExpectedConduit
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason
from tests.checks.given import NOW, observed, port, told, verdict

CHECK = BY_ID["engineering-access-restricted"]
BARE = ExpectedConduit("dmz-control", "dmz", "control", "drop")
CONDUIT = ExpectedConduit(
    "dmz-control", "dmz", "control", "drop", programming_ports=(("plc-1", 1102),)
)
ACROSS = {
    "conduit": "dmz-control",
    "permitted": False,
    "vantage": "dmz-plain",
    "vantage_kind": "plain",
}


def tried(number, said, **changes):
    return port(number, said, **{**ACROSS, **changes})


def test_holds_when_every_such_port_is_dropped():
    other = tried(80, "open")

    answer = verdict(CHECK, tried(102, "filtered"), tried(1102, "filtered"), other, conduit=CONDUIT)

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "silence"


@pytest.mark.parametrize("kind", ["plain", "monitor"])
@pytest.mark.parametrize("number", [102, 1102])
def test_broken_by_one_that_opens_to_any_vantage(number, kind):
    opened = tried(number, "open", vantage_kind=kind)

    answer = verdict(CHECK, opened, tried(44818, "filtered"), conduit=CONDUIT)

    assert told(answer) == ("fail", "reachable")
    assert answer.said == (
        "1 of 2 attempts that conduit dmz-control does not permit reached an open port."
    )
    assert answer.where == (f"plc-1 tcp-{number} from dmz-plain",)


def test_not_applicable_where_no_such_port_is_known():
    assert told(verdict(CHECK, tried(80, "open"), conduit=BARE))[0] == "not-applicable"


def test_could_not_see_from_monitor_vantages_only():
    answer = verdict(CHECK, tried(102, "filtered", vantage_kind="monitor"), conduit=CONDUIT)

    assert told(answer) == ("inconclusive", "vantage-is-permitted")


def test_could_not_see_where_it_is_permitted_to_us():
    answer = verdict(CHECK, tried(102, "open", permitted=True), conduit=CONDUIT)

    assert told(answer) == ("inconclusive", "vantage-is-permitted")


@pytest.mark.parametrize(
    ("said", "changes", "reason"),
    [
        ("filtered", {"blind": True}, "blind"),
        ("filtered", {"last_alive": None}, "no-control"),
        ("filtered", {"last_alive": NOW - timedelta(hours=25)}, "no-control"),
        ("refused", {}, "refused"),
        ("unreachable", {}, "unreachable"),
    ],
)
def test_could_not_see_a_denial(said, changes, reason):
    answer = verdict(CHECK, tried(102, said, **changes), conduit=CONDUIT)

    assert told(answer) == ("inconclusive", reason)


def test_could_not_see_what_was_not_tried_or_a_gap():
    gap = observed(Reason.BUSY, facts_type=TcpPort.__name__, service="tcp-102", **ACROSS)

    assert told(verdict(CHECK, tried(80, "filtered"), conduit=CONDUIT))[1] == "not-asked"
    assert told(verdict(CHECK, conduit=CONDUIT)) == ("inconclusive", "not-asked")
    assert told(verdict(CHECK, gap, conduit=CONDUIT)) == ("inconclusive", "busy")
