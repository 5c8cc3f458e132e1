"""opcua-push-management-confined, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict
from tests.checks.rights import method, rights

CHECK = BY_ID["opcua-push-management-confined"]


def push(update, apply, **changes):
    rows = (method("i=13737", update), method("i=12740", apply))
    return rights(push_methods=rows, **changes)


@pytest.mark.parametrize("setup", [False, None])
def test_holds_when_neither_may_be_called(setup):
    given = push(update=False, apply=False, in_application_setup=setup)

    assert told(verdict(CHECK, given)) == ("pass", "as-expected")


def test_broken_by_one_that_may_be_called():
    answer = verdict(CHECK, push(None, apply=True))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "Our login may call ApplyChanges."


def test_broken_by_a_setup_never_finished():
    answer = verdict(CHECK, push(update=False, apply=False, in_application_setup=True))

    assert told(answer) == ("fail", "not-configured")


def test_not_applicable_without_certificate_management():
    assert told(verdict(CHECK, rights()))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (push(None, apply=False), "denied"),
        (
            push(
                update=False,
                apply=False,
                unreadable=("in application setup: BadUserAccessDenied",),
            ),
            "denied",
        ),
        (observed(Reason.DENIED, facts_type="OpcUaRights"), "denied"),
    ],
)
def test_could_not_see_all_of_it(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)
