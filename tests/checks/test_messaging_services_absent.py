"""messaging-services-absent, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, port, service, told, verdict

CHECK = BY_ID["messaging-services-absent"]
PLC = asset(closed_ports=(23, 25, 5222))
RELAY = asset(role="server", services=(service(25, "tcp"),))


def test_holds_when_every_named_port_is_refused():
    answer = verdict(CHECK, port(25, "refused"), port(5222, "refused"), asset=PLC)

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "answer"
    assert answer.said == "Closed: tcp-25, tcp-5222."


def test_holds_by_silence_of_an_asset_that_answers_elsewhere():
    answer = verdict(CHECK, port(25, "refused"), port(5222, "filtered"), asset=PLC)

    assert told(answer) == ("pass", "as-expected")
    assert answer.rests_on == "silence"


def test_broken_by_an_open_one_whether_it_is_named_or_not():
    answer = verdict(CHECK, port(25, "open"), port(6667, "open"), asset=PLC)

    assert told(answer) == ("fail", "unexpected-open")
    assert answer.said == "Messaging ports are open: tcp-25, tcp-6667."
    assert answer.where == ("plc-1 tcp-25 from dmz", "plc-1 tcp-6667 from dmz")


def test_broken_by_a_mail_service_declared_on_a_controller():
    declared = asset(services=(service(25, "tcp"),))

    answer = verdict(CHECK, port(25, "open", service="tcp-25"), asset=declared)

    assert told(answer) == ("fail", "unexpected-open")


def test_not_applicable_to_a_recorded_relay_and_to_ports_of_other_protocols():
    other = asset(services=(service(5222, "opcua"),))

    assert told(verdict(CHECK, port(25, "open", service="tcp-25"), asset=RELAY))[0] == (
        "not-applicable"
    )
    assert told(verdict(CHECK, port(5222, "open"), asset=other))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("said", "changes", "reason"),
    [
        ("filtered", {"conduit": "c"}, "filtered"),
        ("filtered", {"alive": False}, "filtered"),
        ("filtered", {"blind": True}, "blind"),
        ("refused", {"conduit": "c"}, "filtered"),
        ("unreachable", {}, "unreachable"),
    ],
)
def test_could_not_see_past_what_a_firewall_answers(said, changes, reason):
    plc = asset(closed_ports=(25,), reset_conduits=("c",))

    assert told(verdict(CHECK, port(25, said, **changes), asset=plc)) == ("inconclusive", reason)


def test_could_not_see_what_nobody_tried_or_a_gap():
    gap = observed(Reason.BUSY, facts_type=TcpPort.__name__, service="tcp-25")

    assert told(verdict(CHECK, port(23, "refused"), asset=PLC)) == ("inconclusive", "not-asked")
    assert told(verdict(CHECK, asset=asset(closed_ports=(23,)))) == ("inconclusive", "not-asked")
    assert told(verdict(CHECK, gap, asset=asset(closed_ports=(25,)))) == ("inconclusive", "busy")
