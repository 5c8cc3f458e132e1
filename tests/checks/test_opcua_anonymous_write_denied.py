"""opcua-anonymous-write-denied, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.opcua import MessageMode, OpcUaAnonymous, VariableAccess
from checks.facts.verdict import Reason
from tests.checks.given import observed, service, told, verdict

CHECK = BY_ID["opcua-anonymous-write-denied"]


def attempt(activated, status="Good", variables=()):
    return observed(
        OpcUaAnonymous(
            advertised=True,
            activated=activated,
            status=status,
            endpoint="opc.tcp://plc-1:4840",
            mode=MessageMode.NONE,
            policy="None",
            variables=variables,
        )
    )


SERVICE = service(4840, "opcua", variables=("ns=3;s=A", "ns=3;s=B"))


def variables(first, second):
    return (VariableAccess("ns=3;s=A", 3, first), VariableAccess("ns=3;s=B", 3, second))


def test_holds_when_every_variable_is_read_only():
    answer = verdict(CHECK, attempt(True, variables=variables(1, 1)), service=SERVICE)

    assert told(answer) == ("pass", "as-expected")


def test_broken_by_one_writable_variable_even_when_another_is_unreadable():
    answer = verdict(CHECK, attempt(True, variables=variables(None, 3)), service=SERVICE)

    assert told(answer) == ("fail", "writable")
    assert answer.said == (
        "The server declares write permission for anonymous users on 1 of 2 variables."
    )
    assert answer.where == ("ns=3;s=B",)


def test_not_applicable_when_anonymous_users_are_refused():
    answer = verdict(CHECK, attempt(activated=False), service=SERVICE)

    assert told(answer)[0] == "not-applicable"


def test_could_not_see_one_access_level():
    answer = verdict(CHECK, attempt(True, variables=variables(None, 1)), service=SERVICE)

    assert told(answer) == ("inconclusive", "denied")


def test_could_not_see_a_declared_variable_nobody_read():
    answer = verdict(CHECK, attempt(True, variables=variables(1, 1)[:1]), service=SERVICE)

    assert told(answer) == ("inconclusive", "denied")


def test_could_not_see_without_declared_variables():
    answer = verdict(CHECK, attempt(activated=True), service=service(4840, "opcua"))

    assert told(answer) == ("inconclusive", "not-comparable")


def test_could_not_see_when_no_identity_was_judged():
    answer = verdict(CHECK, attempt(activated=None), service=SERVICE)

    assert told(answer) == ("inconclusive", "denied")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaAnonymous")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
