"""tls-protocol-current, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.tls import TlsAnswer, TlsTrial, TlsVersion, TlsVersions
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["tls-protocol-current"]
OLD = ("SSL 3.0", "TLS 1.0", "TLS 1.1")


def versions(control=TlsVersion.TLS13, tried=OLD, **answers):
    trials = tuple(
        TlsTrial(v, TlsAnswer(answers.get(v.replace(" ", "").replace(".", ""), "refused")))
        for v in tried
    )
    return observed(TlsVersions(trials, control))


def test_holds_when_every_old_version_is_refused_by_an_alert():
    answer = verdict(CHECK, versions())

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == "The server refuses every version before TLS 1.2, and speaks TLS 1.3."


def test_broken_by_one_old_version_even_when_nothing_else_is_clear():
    answer = verdict(CHECK, versions(control=None, TLS10="accepted", TLS11="silent"))

    assert told(answer) == ("fail", "weak-cryptography")
    assert answer.said == "The server still accepts TLS 1.0."


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (versions(control=None), "no-control"),
        (versions(TLS11="cut"), "hung-up"),
        (versions(TLS11="silent"), "timeout"),
        (versions(tried=OLD[:2]), "not-asked"),
        (observed(TlsVersions((), TlsVersion.TLS12)), "not-asked"),
        (observed(Reason.TIMEOUT, facts_type="TlsVersions"), "timeout"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, versions(), asset=asset(probing="never")))[0] == "not-applicable"
