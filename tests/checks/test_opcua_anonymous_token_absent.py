"""opcua-anonymous-token-absent, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints, TokenType, UserToken
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["opcua-anonymous-token-absent"]


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


def test_holds_when_only_users_are_invited():
    assert told(verdict(CHECK, listed(endpoint()))) == ("pass", "as-expected")


def test_broken_by_one_anonymous_token():
    answer = verdict(CHECK, listed(endpoint(), endpoint(tokens=("UserName", "Anonymous"))))

    assert told(answer) == ("fail", "anonymous-accepted")
    assert answer.said == "1 of 2 endpoints advertise anonymous login."


def test_not_applicable_to_a_discovery_server():
    answer = verdict(CHECK, listed(endpoint(tokens=("Anonymous",)), kind="DiscoveryServer"))

    assert told(answer)[0] == "not-applicable"


def test_could_not_see_tokens_where_none_are_listed():
    assert told(verdict(CHECK, listed(endpoint(tokens=())))) == ("inconclusive", "not-comparable")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaEndpoints")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
