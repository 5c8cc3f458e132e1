"""error-output-terse, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.http import HttpPage, HttpPages, LoginMark
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["error-output-terse"]


def pages(**changes):
    return observed(HttpPages((HttpPage("/", 500, "", "", "", LoginMark.NONE, **changes),)))


def test_holds_when_nothing_is_revealed():
    assert told(verdict(CHECK, pages())) == ("pass", "as-expected")


def test_broken_by_a_stack_trace():
    answer = verdict(CHECK, pages(traces=("a Java stack trace",), truncated=True))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "/ reveals a Java stack trace."


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (pages(truncated=True), "not-comparable"),
        (observed(HttpPages(())), "not-asked"),
        (observed(Reason.TIMEOUT, facts_type="HttpPages"), "timeout"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, pages(), asset=asset(probing="never")))[0] == "not-applicable"
