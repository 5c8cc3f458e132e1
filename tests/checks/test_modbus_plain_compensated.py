"""modbus-plain-compensated, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.modbus import ModbusIdentity
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, service, told, verdict

CHECK = BY_ID["modbus-plain-compensated"]
PLAIN, TLS = service(502, "modbus"), service(802, "modbus-tls")
ANSWER = observed(ModbusIdentity(unit=1, supported=True))


def test_holds_for_no_answer_in_plain_modbus():
    for answer in (ANSWER, observed(ModbusIdentity(1, False, 1))):
        assert told(verdict(CHECK, answer, service=PLAIN))[0] != "pass"


def test_broken_by_any_answer_even_an_exception():
    answer = verdict(CHECK, observed(ModbusIdentity(7, False, 1)), service=PLAIN)

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == (
        "Unit 7 answers in plain Modbus, which knows neither users nor integrity."
    )


def test_not_applicable_to_modbus_over_tls_and_to_what_is_never_probed():
    assert told(verdict(CHECK, ANSWER, service=TLS))[0] == "not-applicable"
    never = asset(probing="never")
    assert told(verdict(CHECK, ANSWER, service=PLAIN, asset=never))[0] == "not-applicable"


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="ModbusIdentity")

    assert told(verdict(CHECK, gap, service=PLAIN)) == ("inconclusive", "timeout")
