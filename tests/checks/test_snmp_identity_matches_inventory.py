"""snmp-identity-matches-inventory, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.snmp import SnmpLevel, SnmpSystem
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["snmp-identity-matches-inventory"]


def system(level="authPriv", auth="SHA-256", priv="AES-128", name="sw-1", **texts):
    return observed(SnmpSystem(SnmpLevel(level), auth, priv, "a switch", "1.3.6", name, **texts))


STATED = {"product": "X208", "serial": "S1", "name": "sw-1", "mac": "00-1B-1B-00-00-01"}
SHOWN = {"entity_model": "X208", "entity_serial": "S1", "mac": "00:1b:1b:00:00:01"}


def test_holds_when_everything_stated_is_shown():
    assert told(verdict(CHECK, system(**SHOWN), asset=asset(**STATED))) == ("pass", "as-expected")


def test_broken_by_another_serial_number():
    answer = verdict(CHECK, system(**{**SHOWN, "entity_serial": "S2"}), asset=asset(**STATED))

    assert told(answer) == ("fail", "differs")
    assert answer.said == "The device is not the one in the inventory: serial is 'S2', not 'S1'."


def test_broken_by_another_model_name_and_mac():
    other = system(name="sw-2", entity_model="X204", entity_serial="S1", mac="00:00:00:00:00:02")

    assert verdict(CHECK, other, asset=asset(**STATED)).where == ("model", "name", "mac")


def test_not_applicable_when_the_inventory_states_nothing():
    assert told(verdict(CHECK, system(**SHOWN)))[0] == "not-applicable"


def test_could_not_see_a_serial_number_that_is_not_exposed():
    answer = verdict(CHECK, system(), asset=asset(serial="S1"))

    assert told(answer) == ("inconclusive", "not-comparable")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="SnmpSystem")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
