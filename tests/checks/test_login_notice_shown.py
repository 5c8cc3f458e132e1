"""login-notice-shown, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import BY_ID
from checks.facts.greetings import FtpGreeting, TelnetGreeting
from checks.facts.http import HttpPage, HttpPages, LoginMark
from checks.facts.verdict import Reason
from tests.checks.given import LIMITS, observed, told, verdict

CHECK = BY_ID["login-notice-shown"]
NOTICE = "Authorised use only."
WITH_NOTICE = replace(LIMITS, login_notice=("authorised use", "only"))


def web(notice, mark="form"):
    return observed(HttpPages((HttpPage("/", 200, "", "", notice, LoginMark(mark)),)))


def judged(given, limits=WITH_NOTICE):
    return verdict(CHECK, given, limits=limits)


@pytest.mark.parametrize(
    "given",
    [
        web("Authorised\n use  ONLY"),
        observed(FtpGreeting(220, NOTICE, 500)),
        observed(TelnetGreeting(negotiates=True, text=NOTICE)),
    ],
)
def test_holds_when_every_phrase_shows(given):
    assert told(judged(given)) == ("pass", "as-expected")


def test_telnet_that_hides_its_login_until_we_negotiate_shows_nothing_either_way():
    hidden = observed(TelnetGreeting(negotiates=True, text="Pump 3"))
    asking = observed(TelnetGreeting(negotiates=True, text="Pump 3\nlogin:"))

    assert told(judged(hidden)) == ("inconclusive", "not-comparable")
    assert told(judged(asking)) == ("fail", "missing")


@pytest.mark.parametrize(
    "given", [web("Welcome, authorised use"), observed(FtpGreeting(220, "authorised use", 500))]
)
def test_broken_by_a_missing_phrase(given):
    answer = judged(given)

    assert told(answer) == ("fail", "missing")
    assert answer.said == "The approved phrase 'only' does not show."


def test_not_applicable_without_a_notice_or_without_a_login():
    assert told(judged(web(NOTICE), limits=LIMITS))[0] == "not-applicable"
    assert told(judged(web("", "none")))[0] == "not-applicable"


@pytest.mark.parametrize(
    "given",
    [web(NOTICE, "unclear"), web("", "redirect"), observed(Reason.TIMEOUT, facts_type="HttpPages")],
)
def test_could_not_see_any_login(given):
    assert told(judged(given)) == ("inconclusive", "not-asked")


@pytest.mark.parametrize("blank", ["", "  ", "\n", "\u200b", "\ufeff "])
def test_a_blank_phrase_is_no_notice(blank):
    """It would show on every page there is."""
    alone, beside = replace(LIMITS, login_notice=(blank,)), ("authorised use", blank)

    assert told(judged(web("Pump 3"), limits=alone))[0] == "not-applicable"
    both = replace(LIMITS, login_notice=beside)
    assert told(judged(web("Pump 3"), limits=both)) == ("fail", "missing")
    assert told(judged(web(NOTICE), limits=both)) == ("pass", "as-expected")


def test_could_not_see_a_page_of_which_nobody_knows_whether_it_asks():
    pages = (
        HttpPage("/", 200, "", "", NOTICE, LoginMark.FORM),
        HttpPage("/app", 200, "", "", "", LoginMark.UNCLEAR),
    )

    assert told(judged(observed(HttpPages(pages)))) == ("inconclusive", "not-comparable")
