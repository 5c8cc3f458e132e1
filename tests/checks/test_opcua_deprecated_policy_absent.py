"""opcua-deprecated-policy-absent, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints, TokenType, UserToken
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["opcua-deprecated-policy-absent"]


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


def test_holds_for_current_policies():
    current = listed(
        endpoint(), endpoint(policy="ECC_nistP256"), endpoint(policy="Aes256_Sha256_RsaPss")
    )

    assert told(verdict(CHECK, current)) == ("pass", "as-expected")


def test_broken_by_a_sha1_policy():
    answer = verdict(CHECK, listed(endpoint(), endpoint(policy="Basic256")))

    assert told(answer) == ("fail", "weak-cryptography")
    assert answer.said == "1 of 2 endpoints still offer Basic256."


def test_not_applicable_where_nothing_is_secured():
    assert told(verdict(CHECK, listed(endpoint("None", "None"))))[0] == "not-applicable"


def test_could_not_see_what_an_unknown_policy_is_worth():
    assert told(verdict(CHECK, listed(endpoint(policy="")))) == ("inconclusive", "not-comparable")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaEndpoints")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
