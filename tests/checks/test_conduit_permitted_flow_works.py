"""conduit-permitted-flow-works, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.expected import ExpectedConduit, Flow
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason
from tests.checks.given import observed, port, told, verdict

CHECK = BY_ID["conduit-permitted-flow-works"]
CONDUIT = ExpectedConduit("dmz-control", "dmz", "control", "drop", allow=(Flow("tcp", 4840),))
ACROSS = {"conduit": "dmz-control", "permitted": True, "vantage": "dmz", "service": "tcp-4840"}


def tried(number, said, **changes):
    return port(number, said, **{**ACROSS, **changes})


def test_holds_when_every_permitted_service_opens():
    denied = tried(23, "filtered", service=None, permitted=False)

    answer = verdict(CHECK, tried(4840, "open"), denied, conduit=CONDUIT)

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "answer"


def test_broken_by_silence_of_one_service_of_a_living_asset():
    other = tried(502, "filtered", service="tcp-502")

    answer = verdict(CHECK, tried(4840, "open"), other, conduit=CONDUIT)

    assert told(answer) == ("fail", "missing")
    assert answer.rests_on == "silence"
    assert answer.said == ("1 of 2 attempts conduit dmz-control permits were not let through.")
    assert answer.where == ("plc-1 tcp-502 from dmz",)


@pytest.mark.parametrize("allow", [(), (Flow("udp", 161),)])
def test_not_applicable_to_a_conduit_without_a_tcp_flow(allow):
    bare = ExpectedConduit("dmz-control", "dmz", "control", "drop", allow=allow)

    assert told(verdict(CHECK, tried(23, "filtered", permitted=False), conduit=bare))[0] == (
        "not-applicable"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"said": "refused"}, "refused"),
        ({"said": "unreachable"}, "unreachable"),
        ({"said": "filtered", "alive": False}, "filtered"),
        ({"said": "filtered", "blind": True}, "blind"),
        ({"said": "open", "permitted": False}, "not-permitted"),
        ({"said": "open", "service": None}, "not-permitted"),
        ({"said": "open", "conduit": "another"}, "not-permitted"),
    ],
)
def test_could_not_see_a_flow_at_work(changes, reason):
    answer = verdict(CHECK, tried(4840, **changes), conduit=CONDUIT)

    assert told(answer) == ("inconclusive", reason)


def test_could_not_see_what_nobody_tried_or_a_gap():
    gap = observed(Reason.BUSY, facts_type=TcpPort.__name__, **ACROSS)

    assert told(verdict(CHECK, conduit=CONDUIT)) == ("inconclusive", "not-asked")
    assert told(verdict(CHECK, tried(4840, "open"), gap, conduit=CONDUIT)) == (
        "inconclusive",
        "busy",
    )
