"""opcua-diagnostics-protected, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict
from tests.checks.rights import attempt, rights

CHECK = BY_ID["opcua-diagnostics-protected"]


@pytest.mark.parametrize("identity", ["anonymous", "password"])
def test_holds_when_they_are_refused(identity):
    assert told(verdict(CHECK, rights(identity=identity))) == ("pass", "as-expected")


def test_holds_when_only_logins_see_them():
    seen = rights(diagnostics_status="Good")

    assert told(verdict(CHECK, seen, attempt(False))) == ("pass", "as-expected")


def test_broken_by_an_anonymous_session_that_sees_them():
    answer = verdict(CHECK, rights(identity="anonymous", diagnostics_status="Good"))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "An anonymous session is shown security details of all sessions."


@pytest.mark.parametrize("status", ["off", "BadNodeIdUnknown"])
def test_not_applicable_where_there_are_none(status):
    assert told(verdict(CHECK, rights(diagnostics_status=status)))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ((rights(diagnostics_status="Good"),), "not-comparable"),
        ((rights(diagnostics_status="Good"), attempt(True)), "not-comparable"),
        ((rights(diagnostics_status="Good"), attempt(None)), "not-comparable"),
        ((rights(diagnostics_status="empty"), attempt(False)), "not-comparable"),
        ((rights(diagnostics_status="BadInternalError"), attempt(False)), "not-comparable"),
        ((observed(Reason.DENIED, facts_type="OpcUaRights"), attempt(False)), "denied"),
    ],
)
def test_could_not_see_who_is_shown_them(given, reason):
    assert told(verdict(CHECK, *given)) == ("inconclusive", reason)
