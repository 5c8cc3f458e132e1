"""http-login-required, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.http import HttpPage, HttpPages, LoginMark
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["http-login-required"]


def pages(*marks, status=200, title=""):
    return observed(
        HttpPages(
            tuple(
                HttpPage(f"/{n}", status, "", title, "", LoginMark(mark))
                for n, mark in enumerate(marks)
            )
        )
    )


def test_holds_when_every_path_asks_for_a_login():
    given = pages("challenge", "forbidden", "form", "redirect")

    assert told(verdict(CHECK, given)) == ("pass", "as-expected")


def test_broken_by_one_page_that_shows_its_content():
    answer = verdict(CHECK, pages("form", "none", "unclear", title="Pump 1"))

    assert told(answer) == ("fail", "anonymous-accepted")
    assert answer.said == "/1 shows its content ('Pump 1') without a login."


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (pages("form", "unclear"), "not-comparable"),
        (pages("none", status=404), "not-comparable"),
        (pages(), "not-asked"),
        (observed(Reason.TIMEOUT, facts_type="HttpPages"), "timeout"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, pages("form"), asset=asset(probing="never")))[0] == "not-applicable"
