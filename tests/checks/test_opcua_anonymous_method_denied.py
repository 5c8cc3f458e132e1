"""opcua-anonymous-method-denied, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.verdict import Reason
from tests.checks.given import observed, service, told, verdict
from tests.checks.rights import attempt, method

CHECK = BY_ID["opcua-anonymous-method-denied"]
SERVICE = service(4840, "opcua", methods=("ns=3;s=Reset", "ns=3;s=Stop"))


def methods(first, second):
    return {"methods": (method("ns=3;s=Reset", first), method("ns=3;s=Stop", second))}


def test_holds_when_no_declared_method_may_be_called():
    answer = verdict(CHECK, attempt(True, **methods(False, False)), service=SERVICE)

    assert told(answer) == ("pass", "as-expected")


def test_broken_by_one_that_may_even_when_another_is_unreadable():
    answer = verdict(CHECK, attempt(True, **methods(None, True)), service=SERVICE)

    assert told(answer) == ("fail", "writable")
    assert answer.said == "The server lets anonymous users call 1 of 2 methods."
    assert answer.where == ("ns=3;s=Stop",)


def test_not_applicable_when_refused_or_nothing_is_declared():
    assert told(verdict(CHECK, attempt(False), service=SERVICE))[0] == "not-applicable"
    bare = service(4840, "opcua")
    assert told(verdict(CHECK, attempt(True), service=bare))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (attempt(True, **methods(False, None)), "denied"),
        (attempt(True), "denied"),
        (attempt(None), "denied"),
        (observed(Reason.TIMEOUT, facts_type="OpcUaAnonymous"), "timeout"),
    ],
)
def test_could_not_see_each_of_them(given, reason):
    assert told(verdict(CHECK, given, service=SERVICE)) == ("inconclusive", reason)
