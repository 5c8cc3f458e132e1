"""modbus-config-registers-baseline, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.expected import ExpectedRegister
from checks.facts.modbus import ModbusRegisters, RegisterRead
from checks.facts.verdict import Reason
from tests.checks.given import observed, service, told, verdict

CHECK = BY_ID["modbus-config-registers-baseline"]
DECLARED = service(
    502,
    "modbus",
    registers=(
        ExpectedRegister("holding", 100, (2,), "key switch in RUN"),
        ExpectedRegister("holding", 7, (), "looked at only"),
        ExpectedRegister("input", 10, (1, 65535)),
    ),
)
KEY, SUM = RegisterRead("holding", 100, (2,)), RegisterRead("input", 10, (1, 65535))
LOOKED = RegisterRead("holding", 7, (3,))


def seen(*reads):
    return observed(ModbusRegisters(1, reads))


def test_holds_when_each_holds_what_it_should():
    assert told(verdict(CHECK, seen(KEY, LOOKED, SUM), service=DECLARED)) == (
        "pass",
        "as-expected",
    )


def test_broken_by_one_that_differs():
    answer = verdict(CHECK, seen(RegisterRead("holding", 100, (1,)), LOOKED, SUM), service=DECLARED)

    assert told(answer) == ("fail", "differs")
    assert answer.said == "holding 100 (key switch in RUN) holds 1, not 2."
    assert answer.where == ("holding 100",)


def test_not_applicable_without_an_expected_value():
    assert told(verdict(CHECK, seen(), service=service(502, "modbus")))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (seen(KEY), "not-asked"),
        (seen(KEY, RegisterRead("input", 10, (), 2)), "denied"),
        (seen(KEY, RegisterRead("input", 10, (1,))), "not-asked"),
        (seen(KEY, RegisterRead("holding", 10, (1, 65535))), "not-asked"),
        (observed(Reason.BUSY, facts_type="ModbusRegisters"), "busy"),
    ],
)
def test_could_not_see(given, reason):
    assert told(verdict(CHECK, given, service=DECLARED)) == ("inconclusive", reason)


def test_could_not_see_what_nobody_asked():
    assert told(verdict(CHECK, service=DECLARED)) == ("inconclusive", "not-asked")
