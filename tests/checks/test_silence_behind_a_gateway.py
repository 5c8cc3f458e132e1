"""A silent gateway is one finding: what is behind it is nobody's pass and nobody's failure."""

from __future__ import annotations

import pytest

from checks import ALL, BY_ID
from checks.facts.context import Presence
from checks.facts.modbus import ModbusIdentity
from checks.facts.verdict import Outcome, Reason, RestsOn
from tests.checks.given import asset, observed, port, service, told, verdict

BEHIND = {"gateway": "gw-1", "alive": False}
PLC = asset(services=(service(502, "modbus"),), closed_ports=(23,))


def test_the_absence_of_a_device_behind_a_silent_gateway_is_not_judged():
    gone = observed(Presence(answered=False, by=(), last=None), last_alive=None)
    behind = observed(Presence(answered=False, by=(), last=None), last_alive=None, **BEHIND)

    assert told(verdict(BY_ID["inventory-device-present"], gone)) == ("fail", "missing")
    answer = verdict(BY_ID["inventory-device-present"], behind)

    assert told(answer) == ("inconclusive", "gateway-silent")
    assert answer.said == "gw-1 is silent, so silence behind it means nothing."
    assert answer.where == ("plc-1",)


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.FILTERED, Reason.UNREACHABLE])
def test_a_question_that_met_silence_there_says_who_was_silent(reason):
    check = BY_ID["modbus-identity-matches-inventory"]
    gap = observed(reason, facts_type=ModbusIdentity.__name__, **BEHIND)

    assert told(verdict(check, gap)) == ("inconclusive", "gateway-silent")


@pytest.mark.parametrize("reason", [Reason.NOT_PERMITTED, Reason.BUDGET_SPENT, Reason.BLIND])
def test_what_we_did_not_ask_has_another_reason(reason):
    check = BY_ID["modbus-identity-matches-inventory"]
    gap = observed(reason, facts_type=ModbusIdentity.__name__, **BEHIND)

    assert told(verdict(check, gap)) == ("inconclusive", reason.value)


def test_our_own_blindness_comes_first():
    gone = observed(
        Presence(answered=False, by=(), last=None), last_alive=None, blind=True, **BEHIND
    )

    assert told(verdict(BY_ID["inventory-device-present"], gone)) == ("inconclusive", "blind")


def test_an_answer_stands_whatever_the_gateway_does():
    answer = verdict(
        BY_ID["port-unexpected-absent"], port(23, "open"), port(80, "filtered", **BEHIND), asset=PLC
    )

    assert told(answer) == ("fail", "unexpected-open")


@pytest.mark.parametrize("check", [c for c in ALL if c.reads], ids=lambda c: c.id)
def test_no_verdict_rests_on_silence_behind_a_silent_gateway(check):
    across = {"conduit": "c", "permitted": False, "vantage_kind": "plain"}
    silence = [
        port(number, "filtered", **{"gateway": "gw-1", **changes})
        for number in (23, 502)
        for changes in ({}, across)
    ]
    silence.append(observed(Presence(False, (), None), last_alive=None, **BEHIND))

    answer = verdict(check, *silence, asset=PLC)

    assert answer.outcome not in {Outcome.PASS, Outcome.FAIL} or answer.rests_on is RestsOn.ANSWER
