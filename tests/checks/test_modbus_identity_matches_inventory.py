"""modbus-identity-matches-inventory, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.modbus import ModbusIdentity
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["modbus-identity-matches-inventory"]
STATED = {"vendor": "Acme", "order_number": "RTU-7"}


def identity(supported=True, **texts):
    exception = None if supported else 1
    return observed(ModbusIdentity(unit=1, supported=supported, exception=exception, **texts))


def test_holds_when_everything_stated_is_shown():
    answer = verdict(
        CHECK,
        identity(vendor=" ACME ", product_code="RTU-7"),
        asset=asset(**STATED, product="Remote unit 7"),
    )

    assert told(answer) == ("pass", "as-expected")


def test_holds_when_the_code_is_the_product_of_the_inventory():
    answer = verdict(CHECK, identity(product_code="RTU-7"), asset=asset(product="RTU-7"))

    assert told(answer) == ("pass", "as-expected")


def test_broken_by_another_device():
    answer = verdict(CHECK, identity(vendor="Acme", product_code="RTU-8"), asset=asset(**STATED))

    assert told(answer) == ("fail", "differs")
    assert answer.said == (
        "The device is not the one in the inventory: order number is 'RTU-8', not 'RTU-7'."
    )


def test_broken_by_another_vendor_even_when_the_code_is_hidden():
    answer = verdict(CHECK, identity(vendor="Other"), asset=asset(**STATED))

    assert told(answer) == ("fail", "differs")


def test_not_applicable_when_the_inventory_states_nothing():
    assert told(verdict(CHECK, identity(vendor="Acme")))[0] == "not-applicable"


def test_could_not_see_a_hidden_field():
    answer = verdict(CHECK, identity(vendor="Acme"), asset=asset(**STATED))

    assert told(answer) == ("inconclusive", "not-comparable")


def test_could_not_see_a_device_that_does_not_identify_itself():
    answer = verdict(CHECK, identity(supported=False), asset=asset(**STATED))

    assert told(answer) == ("inconclusive", "not-comparable")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="ModbusIdentity")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
