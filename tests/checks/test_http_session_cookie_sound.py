"""http-session-cookie-sound, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import BY_ID
from checks.facts.http import Cookie, HttpPage, HttpPages, LoginMark
from checks.facts.verdict import Reason
from tests.checks.given import observed, service, told, verdict

CHECK = BY_ID["http-session-cookie-sound"]
GOOD = Cookie("sid", secure=True, http_only=True, same_site="Strict", bits=160)


def judged(*cookies, protocol="https"):
    page = HttpPage("/", 200, "", "", "", LoginMark.FORM, cookies=cookies)
    return verdict(CHECK, observed(HttpPages((page,))), service=service(443, protocol))


def test_holds_with_all_flags_and_room_enough():
    assert told(judged(GOOD)) == ("pass", "as-expected")


def test_holds_without_secure_where_there_is_no_tls():
    assert told(judged(replace(GOOD, secure=False), protocol="http"))[0] == "pass"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"secure": False}, "Cookie 'sid' also travels in the clear (no Secure)."),
        ({"http_only": False}, "Cookie 'sid' can be read by scripts (no HttpOnly)."),
        (
            {"same_site": ""},
            "Cookie 'sid' goes along with requests of other sites (no SameSite).",
        ),
        ({"bits": 64}, "Cookie 'sid' holds at most 64 bits."),
    ],
)
def test_broken_by(changes, said):
    answer = judged(replace(GOOD, name="other"), replace(GOOD, **changes))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == said


def test_not_applicable_without_a_cookie():
    assert told(judged())[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (observed(HttpPages(())), "not-asked"),
        (observed(Reason.TIMEOUT, facts_type="HttpPages"), "timeout"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_broken_by_a_bare_cookie_on_one_page_though_another_sets_it_well():
    pages = tuple(
        HttpPage(path, 200, "", "", "", LoginMark.FORM, cookies=(cookie,))
        for path, cookie in (("/", replace(GOOD, secure=False)), ("/login", GOOD))
    )
    answer = verdict(CHECK, observed(HttpPages(pages)), service=service(443, "https"))

    assert told(answer) == ("fail", "unprotected")
