"""opcua-mode-none-absent, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints, TokenType, UserToken
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["opcua-mode-none-absent"]


def endpoint(mode="SignAndEncrypt", policy="Basic256Sha256", tokens=("UserName",)):
    return Endpoint(
        url="opc.tcp://plc-1:4840",
        mode=MessageMode(mode),
        policy=policy,
        tokens=tuple(UserToken(TokenType(t), "") for t in tokens),
        level=1,
        transport="opc.tcp",
        certificate="",
    )


def listed(*endpoints, kind="Server"):
    return observed(OpcUaEndpoints(endpoints, (), "urn:plc", "", kind))


def test_holds_when_every_endpoint_signs():
    answer = verdict(CHECK, listed(endpoint(), endpoint(mode="Sign")))

    assert told(answer) == ("pass", "as-expected")


def test_broken_by_one_endpoint_without_security():
    answer = verdict(CHECK, listed(endpoint(), endpoint("None", "None", ("Anonymous", "UserName"))))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == (
        "1 of 2 endpoints offer security mode None, for Anonymous and UserName logins."
    )
    assert answer.where == ("opc.tcp://plc-1:4840 (None, None)",)


def test_broken_by_a_policy_none_under_another_mode():
    assert told(verdict(CHECK, listed(endpoint("Sign", "None")))) == ("fail", "unprotected")


def test_not_applicable_to_a_discovery_server():
    answer = verdict(CHECK, listed(endpoint("None", "None"), kind="DiscoveryServer"))

    assert told(answer) == ("not-applicable", "not-applicable")


def test_could_not_see_an_empty_list():
    assert told(verdict(CHECK, listed())) == ("inconclusive", "not-comparable")


def test_could_not_see_through_an_invalid_mode():
    assert told(verdict(CHECK, listed(endpoint("Invalid")))) == ("inconclusive", "unintelligible")


def test_could_not_see_a_policy_that_is_not_named():
    answer = verdict(CHECK, listed(endpoint(), endpoint("Sign", "")))

    assert told(answer) == ("inconclusive", "unintelligible")
    assert answer.where == ("opc.tcp://plc-1:4840 (Sign, )",)


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaEndpoints")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
