"""opcua-encryption-on-boundary, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints, TokenType, UserToken
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["opcua-encryption-on-boundary"]
ENCRYPTED, SIGNED, CLEAR = MessageMode.SIGN_AND_ENCRYPT, MessageMode.SIGN, MessageMode.NONE
USER, OWN = UserToken(TokenType.USERNAME, ""), UserToken(TokenType.USERNAME, "Basic256Sha256")
BARE, NOBODY = UserToken(TokenType.USERNAME, "None"), UserToken(TokenType.ANONYMOUS, "")


def endpoint(mode=ENCRYPTED, policy="Basic256Sha256", tokens=(USER,), **changes):
    fields = {"url": "opc.tcp://10.0.0.1:4840", "level": 0, "transport": "uatcp-uasc-uabinary"}
    return Endpoint(
        **{**fields, "mode": mode, "policy": policy, "tokens": tokens, "certificate": "", **changes}
    )


def listed(*endpoints, kind="Server"):
    return observed(OpcUaEndpoints(endpoints, (), "urn:a", "", kind))


OVER = asset(untrusted_conduits=("radio-control",))


def test_holds_when_encryption_is_offered_and_alone_where_others_listen():
    assert told(verdict(CHECK, listed(endpoint(), endpoint(SIGNED)))) == ("pass", "as-expected")
    assert told(verdict(CHECK, listed(endpoint()), asset=OVER)) == ("pass", "as-expected")


@pytest.mark.parametrize("policy", ["None", ""])
def test_broken_by_a_mode_that_encrypts_without_a_policy_to_do_it_by(policy):
    bare = endpoint(ENCRYPTED, policy)

    assert told(verdict(CHECK, listed(bare))) == ("fail", "unprotected")
    assert told(verdict(CHECK, listed(endpoint(), bare), asset=OVER)) == ("fail", "unprotected")


def test_broken_without_encryption():
    answer = verdict(CHECK, listed(endpoint(SIGNED), endpoint(CLEAR, "None")))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "None of 2 endpoints offers encryption."


@pytest.mark.parametrize("mode", [SIGNED, CLEAR, MessageMode.INVALID])
def test_broken_by_something_weaker_over_an_untrusted_conduit(mode):
    answer = verdict(CHECK, listed(endpoint(), endpoint(mode)), asset=OVER)

    assert told(answer) == ("fail", "unprotected")
    assert "radio-control" in answer.said


def test_not_applicable_to_discovery():
    discovery = listed(endpoint(CLEAR, "None"), kind="DiscoveryServer")

    assert told(verdict(CHECK, discovery))[0] == "not-applicable"


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaEndpoints")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
    assert told(verdict(CHECK, listed())) == ("inconclusive", "not-comparable")
