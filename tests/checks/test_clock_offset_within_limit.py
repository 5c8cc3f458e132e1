"""clock-offset-within-limit, in its four kinds of case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checks import BY_ID
from checks.facts.clocks import ClockReading
from checks.facts.http import HttpPages
from checks.facts.ntp import NtpServer
from checks.facts.observation import ClockQuality
from checks.facts.snmp import SnmpLevel, SnmpSystem
from checks.facts.verdict import Reason
from tests.checks.given import ADRIFT, NOW, asset, observed, service, told, verdict

CHECK = BY_ID["clock-offset-within-limit"]
PLC = asset(services=(service(161, "snmp", "udp"),))


def agent(off_ms=None, round_trip=20, resolution=100, **changes):
    clock = None
    if off_ms is not None:
        clock = ClockReading(NOW + timedelta(milliseconds=off_ms), NOW, round_trip, resolution)
    system = SnmpSystem(SnmpLevel.V2C, "", "", "", "", "", clock=clock)
    return observed(system, service="udp-161", **changes)


def time_server(off_ms):
    clock = ClockReading(NOW + timedelta(milliseconds=off_ms), NOW, 20)
    return observed(NtpServer(4, 0, 2, "10.0.0.9", clock=clock), service="udp-123")


@pytest.mark.parametrize(("off", "outcome"), [(10_011, "pass"), (10_012, "fail")])
def test_a_time_server_has_a_clock_too(off, outcome):
    server = asset(services=(service(123, "ntp", "udp"),))

    assert told(verdict(CHECK, time_server(off), asset=server))[0] == outcome
    assert told(verdict(CHECK, asset=server)) == ("inconclusive", "not-asked")


@pytest.mark.parametrize("off", [0, 10_110, -10_110])
def test_holds_within_the_limit_and_what_the_reading_may_explain(off):
    assert told(verdict(CHECK, agent(off), asset=PLC)) == ("pass", "as-expected")


@pytest.mark.parametrize("off", [10_111, -10_111])
def test_broken_beyond_the_limit(off):
    answer = verdict(CHECK, agent(off), asset=PLC)

    assert told(answer) == ("fail", "differs")
    assert answer.said == "The clock is 10111 ms off; the limit is 10000 ms."
    assert answer.where == ("udp-161",)


def test_not_applicable_without_a_service_that_tells_the_time():
    assert told(verdict(CHECK, asset=asset(services=(service(502, "modbus"),))))[0] == (
        "not-applicable"
    )


def test_could_not_see_while_our_own_clock_is_adrift():
    answer = verdict(CHECK, agent(0), asset=PLC, clock=ADRIFT)

    assert told(answer) == ("inconclusive", "clock-unsynchronised")


def test_could_not_see_what_was_read_while_our_own_clock_was_adrift():
    """After a start: asked before our clock was set, judged again after it was."""
    early = agent(0, clock=ADRIFT)

    assert told(verdict(CHECK, early, asset=PLC)) == ("inconclusive", "clock-unsynchronised")
    late = verdict(CHECK, agent(3_600_000, clock=ADRIFT), time_server(0), asset=PLC)
    assert told(late) == ("pass", "as-expected")


@pytest.mark.parametrize(
    ("off", "error", "outcome"),
    [
        (0, 9_890, "pass"),
        (0, 9_891, "inconclusive"),
        # The kernel calls a clock synchronised until it may be wrong by 16 s.
        (12_000, 15_000, "inconclusive"),
        (25_111, 15_000, "fail"),
        (10_111, 9_890, "fail"),
    ],
)
def test_could_not_see_by_a_clock_of_ours_that_may_be_as_wrong_as_the_limit(off, error, outcome):
    read = agent(off, clock=ClockQuality(synchronised=True, max_error_ms=error))

    assert told(verdict(CHECK, read, asset=PLC))[0] == outcome


def test_could_not_see_through_a_slow_answer():
    answer = verdict(CHECK, agent(0, round_trip=30_000), asset=PLC)

    assert told(answer) == ("inconclusive", "not-comparable")


def test_could_not_see_a_clock_that_is_not_shown():
    assert told(verdict(CHECK, agent(), asset=PLC)) == ("inconclusive", "denied")
    assert told(verdict(CHECK, asset=PLC)) == ("inconclusive", "not-asked")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="SnmpSystem")

    assert told(verdict(CHECK, gap, asset=PLC)) == ("inconclusive", "timeout")


@pytest.mark.parametrize(("off", "outcome"), [(11_000, "pass"), (11_001, "fail")])
def test_a_web_server_tells_whole_seconds(off, outcome):
    clock = ClockReading(NOW + timedelta(milliseconds=off), NOW, 0, 1_000)
    web = observed(HttpPages((), clock), service="tcp-80")

    assert told(verdict(CHECK, web, asset=asset(services=(service(80, "http"),))))[0] == outcome


def test_not_applicable_to_a_web_server_without_a_clock():
    web = observed(HttpPages((), None), service="tcp-80")
    gap = observed(Reason.TIMEOUT, facts_type="HttpPages")
    panel = asset(services=(service(80, "http"),))

    assert told(verdict(CHECK, web, asset=panel))[0] == "not-applicable"
    assert told(verdict(CHECK, gap, asset=panel)) == ("inconclusive", "timeout")
