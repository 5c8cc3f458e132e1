"""vnc-protected, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.greetings import VncSecurity
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["vnc-protected"]


def offers(*types, conduit=None, said=""):
    return observed(VncSecurity("3.8", types, said), conduit=conduit)


@pytest.mark.parametrize(
    "given",
    [offers(2), offers(6, 130, 2), offers(5, conduit="c"), offers(13, 129, 133, conduit="c")],
)
def test_holds_with_a_login_that_is_encrypted_where_it_must_be(given):
    assert told(verdict(CHECK, given)) == ("pass", "as-expected")


def test_broken_by_the_type_none_even_beside_others():
    answer = verdict(CHECK, offers(2, 1))

    assert told(answer) == ("fail", "anonymous-accepted")
    assert answer.said == "The server offers security type None: no password at all."


def test_broken_by_an_unencrypted_login_across_a_conduit():
    assert told(verdict(CHECK, offers(19, 2, conduit="c"))) == ("fail", "unprotected")


@pytest.mark.parametrize("kind", [6, 130])
def test_broken_by_a_login_that_encrypts_itself_and_not_the_picture(kind):
    assert told(verdict(CHECK, offers(5, kind, conduit="c"))) == ("fail", "unprotected")


@pytest.mark.parametrize("kind", [16, 17, 18, 19])
@pytest.mark.parametrize("conduit", [None, "c"])
def test_could_not_see_what_a_type_wraps(kind, conduit):
    answer = verdict(CHECK, offers(5, kind, conduit=conduit))

    assert told(answer) == ("inconclusive", "not-comparable")
    assert f"Security type {kind} (" in answer.said


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (offers(said="Too many authentication failures"), "denied"),
        (offers(2, 99), "not-comparable"),
        (observed(Reason.HUNG_UP, facts_type="VncSecurity"), "hung-up"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, offers(2), asset=asset(probing="never")))[0] == "not-applicable"
