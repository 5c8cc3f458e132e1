"""tls-cert-sound, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from checks import BY_ID
from checks.facts.certificates import Certificate
from checks.facts.tls import TlsServer, TlsTrust, TlsVersion
from checks.facts.verdict import Reason
from tests.checks.given import ADRIFT, NOW, observed, told, verdict

CHECK = BY_ID["tls-cert-sound"]
GOOD = Certificate(
    sha256="aa",
    subject="CN=hmi-1",
    not_before=NOW - timedelta(days=100),
    not_after=NOW + timedelta(days=100),
    key_type="EC",
    key_bits=256,
    signature_hash="sha256",
)
SERVER = TlsServer(TlsVersion.TLS13, "TLS_AES_128_GCM_SHA256", True, (GOOD,), TlsTrust.CHAINED)


def server(**changes):
    return observed(replace(SERVER, **changes))


def certificate(**changes):
    return server(certificates=(replace(GOOD, **changes),))


@pytest.mark.parametrize("trust", [TlsTrust.CHAINED, TlsTrust.PINNED])
def test_holds_when_in_date_strong_and_trusted(trust):
    answer = verdict(CHECK, server(trust=trust))

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == (
        f"The certificate has EC 256 bits with sha256, is {trust} and valid until 2026-06-10."
    )


@pytest.mark.parametrize(
    ("given", "reason", "said"),
    [
        (
            certificate(not_after=NOW - timedelta(days=1)),
            "certificate-dates",
            "The certificate expired on 2026-03-01.",
        ),
        (
            certificate(key_type="RSA", key_bits=1024),
            "weak-cryptography",
            "The certificate has a RSA key of 1024 bits.",
        ),
        (
            certificate(signature_hash="sha1"),
            "weak-cryptography",
            "The certificate has a sha1 signature.",
        ),
        (
            server(trust=TlsTrust.UNTRUSTED, trust_problem="another fingerprint"),
            "differs",
            "The certificate is not the one the inventory trusts: another fingerprint.",
        ),
    ],
)
def test_broken_by(given, reason, said):
    answer = verdict(CHECK, given)

    assert told(answer) == ("fail", reason)
    assert answer.said == said


def test_broken_by_an_expired_certificate_although_the_handshake_failed():
    expired = replace(GOOD, not_after=NOW - timedelta(days=1))
    given = server(certificates=(expired,), completed=None, version=None)

    assert told(verdict(CHECK, given))[0] == "fail"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (server(trust=TlsTrust.NOT_STATED), "not-comparable"),
        (server(trust=TlsTrust.UNPROVEN, completed=None), "not-comparable"),
        (certificate(problem="odd key", key_type="other"), "unintelligible"),
        (certificate(not_after=None), "unintelligible"),
        (server(certificates=(), completed=None), "unintelligible"),
        (observed(Reason.TIMEOUT, facts_type="TlsServer"), "timeout"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_could_not_see_dates_while_our_clock_is_adrift():
    assert told(verdict(CHECK, server(), clock=ADRIFT)) == ("inconclusive", "clock-unsynchronised")


def test_not_applicable_to_a_server_that_works_without_a_certificate():
    assert told(verdict(CHECK, server(certificates=())))[0] == "not-applicable"
