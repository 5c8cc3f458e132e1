"""tls-cipher-strong, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.tls import TlsAnswer, TlsTrial, TlsVersion, TlsWeakSuites
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["tls-cipher-strong"]
WEAK = ("NULL", "EXPORT", "RC4", "DES", "3DES", "anonymous")


def suites(control=TlsVersion.TLS12, tried=WEAK, **answers):
    return observed(
        TlsWeakSuites(
            tuple(TlsTrial(g, TlsAnswer(answers.get(g, "refused"))) for g in tried), control
        )
    )


def test_holds_when_every_weak_group_is_refused():
    assert told(verdict(CHECK, suites())) == ("pass", "as-expected")


def test_broken_by_a_weak_group():
    answer = verdict(CHECK, suites(RC4="accepted", NULL="accepted"))

    assert told(answer) == ("fail", "weak-cryptography")
    assert answer.said == "The server still accepts NULL and RC4."


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (suites(control=None), "no-control"),
        (suites(RC4="cut"), "hung-up"),
        (suites(RC4="silent"), "timeout"),
        (suites(tried=WEAK[1:]), "not-asked"),
        (observed(Reason.REFUSED, facts_type="TlsWeakSuites"), "refused"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, suites(), asset=asset(probing="never")))[0] == "not-applicable"
