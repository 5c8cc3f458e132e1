"""Every check fails what is known to be bad, and one that does not is found out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import ALL, BY_ID
from checks.facts.verdict import passed
from checks.known_bad import broken
from tests.checks.known_bad import PATH

TEXT = PATH.read_text("utf-8") if PATH.exists() else ""


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
def test_a_check_fails_what_is_known_to_be_bad(check):
    assert broken(TEXT, [check]) == {}, "run `python -m tests.checks.known_bad`"


def test_no_line_is_left_of_a_check_that_is_gone():
    assert len(TEXT.splitlines()) == len(ALL), "run `python -m tests.checks.known_bad`"


def test_a_check_that_lets_everything_pass_is_found_out():
    blind = replace(BY_ID["vnc-protected"], function=lambda offer: passed("Fine."))

    assert broken(TEXT, [blind]) == {"vnc-protected": "it says pass of facts it must fail: Fine."}


def test_a_check_that_breaks_is_found_out():
    def judge(offer):
        raise KeyError("types")

    found = broken(TEXT, [replace(BY_ID["vnc-protected"], function=judge)])

    assert found["vnc-protected"].startswith("it breaks over facts it must fail: KeyError")


def test_a_check_nobody_has_bad_facts_for_is_found_out():
    assert broken("", [ALL[0]]) == {ALL[0].id: "nothing is known that it must fail"}
