"""tls-client-cert-required, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.tls import TlsAnswer, TlsServer, TlsTrust, TlsVersion
from checks.facts.verdict import Reason
from tests.checks.given import observed, service, told, verdict

CHECK = BY_ID["tls-client-cert-required"]


def server(without=TlsAnswer.REFUSED, *, asked=True, completed=False):
    return observed(
        TlsServer(
            TlsVersion.TLS13,
            "any",
            completed,
            (),
            TlsTrust.PINNED,
            client_certificate=asked,
            without_certificate=without,
        )
    )


def judged(given, protocol="mqtts"):
    return verdict(CHECK, given, service=service(8883, protocol))


def test_holds_when_an_alert_refuses_a_client_without_one():
    assert told(judged(server())) == ("pass", "as-expected")


def test_broken_when_the_server_does_not_ask():
    answer = judged(server(None, asked=False, completed=True))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "The server does not ask its clients for a certificate."


def test_broken_when_the_server_asks_and_lets_anybody_in():
    answer = judged(server(TlsAnswer.ACCEPTED, completed=True))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "The server asks for a client certificate, and lets in who has none."


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (server(TlsAnswer.CUT, completed=None), "hung-up"),
        (server(TlsAnswer.SILENT, completed=None), "timeout"),
        (server(None, completed=None), "timeout"),
        (server(None, asked=False, completed=None), "timeout"),
        (server(None, asked=False, completed=False), "timeout"),
        (observed(Reason.REFUSED, facts_type="TlsServer"), "refused"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(judged(given)) == ("inconclusive", reason)


@pytest.mark.parametrize("protocol", ["https", "modbus-tls"])
def test_not_applicable_to_people_and_to_what_another_check_judges(protocol):
    assert told(judged(server(), protocol))[0] == "not-applicable"
