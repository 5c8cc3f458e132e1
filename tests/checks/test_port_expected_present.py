"""port-expected-present, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.ports import TcpPort
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, port, service, told, verdict

CHECK = BY_ID["port-expected-present"]
PLC = asset(
    services=(service(4840, "opcua"), service(502, "modbus"), service(161, "snmp", "udp")),
    reset_conduits=("resets",),
)


def test_holds_when_all_are_open():
    answer = verdict(CHECK, port(4840, "open"), port(502, "open", conduit="c"), asset=PLC)

    assert told(answer) == ("pass", "as-expected")


def test_broken_by_a_refusal():
    answer = verdict(CHECK, port(4840, "open"), port(502, "refused"), asset=PLC)

    assert told(answer) == ("fail", "missing")
    assert answer.said == "Declared but not open: tcp-502."
    assert answer.rests_on == "answer"


def test_broken_by_the_silence_of_a_living_asset():
    answer = verdict(CHECK, port(4840, "open"), port(502, "filtered"), asset=PLC)

    assert told(answer) == ("fail", "missing")
    assert answer.rests_on == "silence"


def test_not_applicable_without_tcp_services():
    plc = asset(services=(service(161, "snmp", "udp"),))

    assert told(verdict(CHECK, asset=plc))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("said", "changes", "reason"),
    [
        ("filtered", {"alive": False}, "filtered"),
        ("unreachable", {}, "unreachable"),
        ("refused", {"conduit": "resets"}, "filtered"),
        ("filtered", {"permitted": False, "conduit": "c"}, "not-permitted"),
    ],
)
def test_could_not_see_the_service(said, changes, reason):
    answer = verdict(CHECK, port(4840, "open"), port(502, said, **changes), asset=PLC)

    assert told(answer) == ("inconclusive", reason)


def test_could_not_see_a_service_nobody_tried():
    assert told(verdict(CHECK, port(4840, "open"), asset=PLC)) == ("inconclusive", "not-asked")


def test_could_not_see_a_gap():
    gap = observed(Reason.BUSY, facts_type=TcpPort.__name__, service="tcp-502")

    answer = verdict(CHECK, port(4840, "open"), gap, asset=PLC)

    assert told(answer) == ("inconclusive", "busy")
