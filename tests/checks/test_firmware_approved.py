"""firmware-approved, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import BY_ID
from checks.facts.modbus import ModbusIdentity
from checks.facts.snmp import SnmpLevel, SnmpSystem
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["firmware-approved"]
PLC = asset(firmware_approved=("V2.9.7",))


def unit(revision):
    return observed(ModbusIdentity(1, supported=True, revision=revision), service="tcp-502")


def agent(**texts):
    system = SnmpSystem(SnmpLevel.V2C, "", "", "", "", "")
    return observed(replace(system, **texts), service="udp-161")


@pytest.mark.parametrize("shown", ["V2.9.7", "v2.9.7", " 2.9.7 "])
def test_holds_for_an_approved_version(shown):
    answer = verdict(CHECK, unit(shown), asset=PLC)

    assert told(answer) == ("pass", "as-expected")


@pytest.mark.parametrize("shown", ["2.9.8", "2.9.70", "2.9"])
def test_broken_by_any_other_version(shown):
    answer = verdict(CHECK, unit(shown), asset=PLC)

    assert told(answer) == ("fail", "not-approved")
    assert answer.said == f"{shown} (tcp-502 revision) is not approved; approved is V2.9.7."


def test_not_applicable_when_nothing_is_approved():
    assert told(verdict(CHECK, unit("2.9.7")))[0] == "not-applicable"


def test_could_not_see_who_is_right_when_sources_disagree():
    answer = verdict(CHECK, unit("2.9.7"), agent(entity_firmware="3.0"), asset=PLC)

    assert told(answer) == ("inconclusive", "not-comparable")
    assert answer.said == (
        "2.9.7 (tcp-502 revision) is approved, but 3.0 (udp-161 firmware) is not."
    )


def test_could_not_see_a_version_nobody_shows():
    assert told(verdict(CHECK, agent(), asset=PLC)) == ("inconclusive", "not-comparable")
    assert told(verdict(CHECK, asset=PLC)) == ("inconclusive", "not-asked")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaServer")

    assert told(verdict(CHECK, agent(), gap, asset=PLC)) == ("inconclusive", "timeout")


def test_holds_for_the_approved_version_written_in_another_way():
    shows = unit("v02.09.07 ")

    assert told(verdict(CHECK, shows, asset=asset(firmware_approved=("V2.9.7",))))[0] == "pass"


@pytest.mark.parametrize("shown", ["V2.9.7 SP1", "V2.9.70", "T2.9.7", "V2.9.7 build 3", "2.9.7-1"])
def test_broken_by_a_version_that_is_not_for_certain_the_approved_one(shown):
    shows = unit(shown)

    answer = verdict(CHECK, shows, asset=asset(firmware_approved=("V2.9.7",)))

    assert told(answer) == ("fail", "not-approved")


def test_could_not_see_a_version_in_a_placeholder():
    shows = unit("V00.00.00")

    answer = verdict(CHECK, shows, asset=asset(firmware_approved=("V00.00.00",)))

    assert told(answer) == ("inconclusive", "not-comparable")
