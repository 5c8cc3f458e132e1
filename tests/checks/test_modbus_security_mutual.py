"""modbus-security-mutual, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.tls import TlsAnswer, TlsServer, TlsTrust, TlsVersion
from checks.facts.verdict import Reason
from tests.checks.given import observed, service, told, verdict

CHECK = BY_ID["modbus-security-mutual"]


def server(without=TlsAnswer.REFUSED, *, version=TlsVersion.TLS12, asked=True, completed=False):
    return observed(
        TlsServer(
            version,
            "any",
            completed,
            (),
            TlsTrust.PINNED,
            client_certificate=asked,
            without_certificate=without,
        )
    )


def judged(given, protocol="modbus-tls"):
    return verdict(CHECK, given, service=service(802, protocol))


def test_holds_when_a_client_without_a_certificate_is_refused():
    answer = judged(server())

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == "The server refuses a client that has no certificate."


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (server(TlsAnswer.ACCEPTED, completed=True), "unprotected"),
        (server(None, asked=False, completed=True), "unprotected"),
        (server(version=TlsVersion.TLS10), "weak-cryptography"),
    ],
)
def test_broken_by_a_client_let_in_or_an_old_version(given, reason):
    assert told(judged(given)) == ("fail", reason)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (server(TlsAnswer.CUT, completed=None), "hung-up"),
        (server(TlsAnswer.SILENT, completed=None, version=None), "timeout"),
        (observed(Reason.TIMEOUT, facts_type="TlsServer"), "timeout"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(judged(given)) == ("inconclusive", reason)


def test_not_applicable_to_other_tls_services():
    assert told(judged(server(), "mqtts"))[0] == "not-applicable"


def test_could_not_see_the_version_of_the_server_that_refuses():
    assert told(judged(server(version=None))) == ("inconclusive", "not-comparable")
