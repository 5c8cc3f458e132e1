"""opcua-anonymous-session-refused, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.opcua import MessageMode, OpcUaAnonymous, OpcUaEndpoints
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["opcua-anonymous-session-refused"]


def attempt(activated, status="Good", variables=()):
    return observed(
        OpcUaAnonymous(
            advertised=True,
            activated=activated,
            status=status,
            endpoint="opc.tcp://plc-1:4840",
            mode=MessageMode.NONE,
            policy="None",
            variables=variables,
        )
    )


def test_holds_when_the_identity_was_refused():
    answer = verdict(CHECK, attempt(activated=False, status="BadIdentityTokenRejected"))

    assert told(answer) == ("pass", "as-expected")


def test_broken_by_an_activated_session():
    answer = verdict(CHECK, attempt(activated=True))

    assert told(answer) == ("fail", "anonymous-accepted")
    assert answer.said == "The server activated an anonymous session (None, None)."


def test_not_applicable_to_a_discovery_server():
    discovery = observed(OpcUaEndpoints((), (), "", "", "DiscoveryServer"))

    answer = verdict(CHECK, attempt(activated=None, status="BadServiceUnsupported"), discovery)

    assert told(answer)[0] == "not-applicable"


def test_could_not_see_when_something_else_stood_in_the_way():
    answer = verdict(CHECK, attempt(activated=None, status="BadTooManySessions"))

    assert told(answer) == ("inconclusive", "denied")


def test_could_not_see_when_the_refusal_was_not_about_the_identity():
    answer = verdict(CHECK, attempt(activated=False, status="BadTooManySessions"))

    assert told(answer) == ("inconclusive", "denied")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaAnonymous")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
