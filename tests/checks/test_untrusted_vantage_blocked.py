"""untrusted-vantage-blocked, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.expected import ExpectedConduit, Flow
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason
from tests.checks.given import observed, port, told, verdict

CHECK = BY_ID["untrusted-vantage-blocked"]
JUMP = Flow("tcp", 22, target="jump-1")
OFFICE = ExpectedConduit(
    "office-dmz", "office", "dmz", "drop", allow=(JUMP, Flow("tcp", 443)), from_untrusted=True
)
ACROSS = {
    "conduit": "office-dmz",
    "permitted": False,
    "vantage": "guest",
    "vantage_kind": "plain",
}


def tried(number, said, **changes):
    return port(number, said, **{**ACROSS, **changes})


def test_holds_when_nothing_opens_but_the_jump_host():
    jump = tried(22, "open", asset="jump-1", permitted=True)

    answer = verdict(CHECK, tried(3389, "filtered"), tried(22, "filtered"), jump, conduit=OFFICE)

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "silence"


def test_broken_by_an_open_port_that_is_not_listed():
    answer = verdict(CHECK, tried(3389, "filtered"), tried(22, "open"), conduit=OFFICE)

    assert told(answer) == ("fail", "reachable")
    assert answer.said == (
        "1 of 2 attempts that conduit office-dmz does not permit reached an open port."
    )


def test_broken_by_a_port_that_is_listed_for_the_whole_zone():
    opened = tried(443, "open", permitted=True, vantage_kind="monitor")

    answer = verdict(CHECK, opened, tried(22, "filtered"), conduit=OFFICE)

    assert told(answer) == ("fail", "reachable")
    assert answer.said == (
        "1 of 2 attempts from an untrusted zone reached an open port by flows of conduit office-dmz "
        "that name no host."
    )
    assert answer.where == ("plc-1 tcp-443 from guest",)


def test_not_applicable_to_zones_the_site_trusts_or_inside_one():
    trusted = ExpectedConduit("office-dmz", "office", "dmz", "drop")

    assert told(verdict(CHECK, tried(22, "open"), conduit=trusted))[0] == "not-applicable"
    assert told(verdict(CHECK, port(22, "open"), conduit=OFFICE))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("said", "changes", "reason"),
    [
        ("filtered", {"vantage_kind": "monitor"}, "vantage-is-permitted"),
        ("filtered", {"blind": True}, "blind"),
        ("filtered", {"last_alive": None}, "no-control"),
        ("refused", {}, "refused"),
        ("unreachable", {}, "unreachable"),
        ("open", {"permitted": True, "asset": "jump-1"}, "not-asked"),
    ],
)
def test_could_not_see_a_denial(said, changes, reason):
    answer = verdict(CHECK, tried(22, said, **changes), conduit=OFFICE)

    assert told(answer) == ("inconclusive", reason)


def test_could_not_see_what_nobody_tried_or_a_gap():
    gap = observed(Reason.BUSY, facts_type=TcpPort.__name__, service="tcp-22", **ACROSS)

    assert told(verdict(CHECK, conduit=OFFICE)) == ("inconclusive", "not-asked")
    assert told(verdict(CHECK, gap, conduit=OFFICE)) == ("inconclusive", "busy")
