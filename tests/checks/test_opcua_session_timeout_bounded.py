"""opcua-session-timeout-bounded, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.opcua import MessageMode, OpcUaServer
from checks.facts.verdict import Reason
from tests.checks.given import observed, service, told, verdict

CHECK = BY_ID["opcua-session-timeout-bounded"]


def server(auditing=True, asked=30_000, granted=30_000, unreadable=()):
    return observed(
        OpcUaServer(
            manufacturer="",
            product="",
            product_uri="",
            software_version="",
            build_number="",
            build_date="",
            auditing=auditing,
            max_sessions=None,
            requested_timeout_ms=asked,
            revised_timeout_ms=granted,
            identity="password",
            mode=MessageMode.SIGN_AND_ENCRYPT,
            policy="Basic256Sha256",
            unreadable=unreadable,
        )
    )


DAY = 86_400_000


def test_holds_when_a_long_request_is_cut():
    assert told(verdict(CHECK, server(asked=DAY, granted=600_000))) == ("pass", "as-expected")


def test_broken_by_a_whole_day():
    answer = verdict(CHECK, server(asked=DAY, granted=DAY))

    assert told(answer) == ("fail", "not-configured")
    assert answer.said == "The server grants sessions of 86400 s; the limit is 3600 s."


def test_not_applicable_without_a_login():
    answer = verdict(CHECK, service=service(4840, "opcua"))

    assert told(answer)[0] == "not-applicable"


def test_could_not_see_with_a_short_request():
    assert told(verdict(CHECK, server())) == ("inconclusive", "not-permitted")


def test_could_not_see_through_a_nonsensical_grant():
    answer = verdict(CHECK, server(asked=DAY, granted=0))

    assert told(answer) == ("inconclusive", "unintelligible")


def test_could_not_see_what_nobody_asked():
    answer = verdict(CHECK, service=service(4840, "opcua", login="password"))

    assert told(answer) == ("inconclusive", "not-asked")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaServer")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
