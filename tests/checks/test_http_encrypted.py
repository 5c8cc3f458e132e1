"""http-encrypted, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.http import HttpPage, HttpPages, LoginMark
from checks.facts.verdict import Reason
from tests.checks.given import observed, service, told, verdict

CHECK = BY_ID["http-encrypted"]


def page(status, location="", path="/"):
    return HttpPage(path, status, "", "", "", LoginMark.NONE, location=location)


def judged(*pages, protocol="http"):
    return verdict(CHECK, observed(HttpPages(pages)), service=service(80, protocol))


@pytest.mark.parametrize("location", ["https://10.0.0.1/", "https://10.0.0.1:8443/x"])
def test_holds_when_every_path_redirects_to_https_on_the_same_host(location):
    assert told(judged(page(301, location))) == ("pass", "as-expected")


@pytest.mark.parametrize("status", [200, 206, 401])
def test_broken_by_a_page_that_is_served(status):
    answer = judged(page(301, "https://10.0.0.1/"), page(status, path="/setup"))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == f"/setup is served over plain HTTP with status {status}."


@pytest.mark.parametrize(
    "location",
    [
        "https://10.0.0.10/",
        "https://evil.example/10.0.0.1",
        "http://10.0.0.1/",
        "https://10.0.0.1.evil.example/",
    ],
)
def test_broken_by_a_redirect_to_elsewhere(location):
    assert told(judged(page(302, location))) == ("fail", "unprotected")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (HttpPages((page(404),)), "not-comparable"),
        (HttpPages((page(500),)), "not-comparable"),
        (HttpPages((page(301),)), "not-comparable"),
        (HttpPages(()), "not-asked"),
    ],
)
def test_could_not_see_enough(given, reason):
    answer = verdict(CHECK, observed(given), service=service(80, "http"))

    assert told(answer) == ("inconclusive", reason)


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="HttpPages")

    assert told(verdict(CHECK, gap, service=service(80, "http"))) == ("inconclusive", "timeout")


def test_not_applicable_to_https():
    assert told(judged(page(200), protocol="https"))[0] == "not-applicable"


@pytest.mark.parametrize(
    "location",
    [
        "https://10.0.0.1:x@10.9.9.9/",
        "https://10.0.0.1@10.9.9.9/",
        "https://10.0.0.1:80@10.9.9.9/",
        "https://[::1]10.0.0.1/",
    ],
)
def test_broken_by_a_redirect_whose_host_comes_after_a_user(location):
    assert told(judged(page(301, location)))[0] == "fail"
