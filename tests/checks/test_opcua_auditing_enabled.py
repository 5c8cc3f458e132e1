"""opcua-auditing-enabled, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.opcua import MessageMode, OpcUaServer
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["opcua-auditing-enabled"]


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


def test_holds_when_the_server_says_so():
    assert told(verdict(CHECK, server())) == ("pass", "as-expected")


def test_broken_when_the_server_says_no():
    answer = verdict(CHECK, server(auditing=False))

    assert told(answer) == ("fail", "not-configured")
    assert answer.said == "The server says that auditing is off."


def test_not_applicable_without_the_property():
    answer = verdict(CHECK, server(auditing=None, unreadable=("auditing: BadNodeIdUnknown",)))

    assert told(answer)[0] == "not-applicable"


def test_could_not_see_what_may_not_be_read():
    answer = verdict(CHECK, server(auditing=None, unreadable=("auditing: BadUserAccessDenied",)))

    assert told(answer) == ("inconclusive", "denied")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaServer")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
