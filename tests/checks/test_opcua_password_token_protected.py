"""opcua-password-token-protected, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints, TokenType, UserToken
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["opcua-password-token-protected"]
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


@pytest.mark.parametrize(
    "row",
    [
        endpoint(),
        endpoint(tokens=(BARE,)),
        endpoint(SIGNED),
        endpoint(SIGNED, tokens=(OWN,)),
        endpoint(CLEAR, "None", (OWN, NOBODY)),
    ],
)
def test_holds_when_token_endpoint_or_channel_encrypts(row):
    assert told(verdict(CHECK, listed(row))) == ("pass", "as-expected")


@pytest.mark.parametrize(
    "row",
    [
        endpoint(CLEAR, "None"),
        endpoint(SIGNED, tokens=(BARE,)),
        endpoint(CLEAR, "None", (BARE,)),
        # A mode that would encrypt, and no policy to do it by.
        endpoint(ENCRYPTED, "None"),
        endpoint(ENCRYPTED, "", (BARE,)),
    ],
)
def test_broken_by_one_endpoint_that_takes_it_in_clear_text(row):
    answer = verdict(CHECK, listed(endpoint(), row))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "1 of 2 endpoints take a password in clear text."


def test_not_applicable_without_passwords_and_to_discovery():
    assert told(verdict(CHECK, listed(endpoint(CLEAR, "None", (NOBODY,)))))[0] == "not-applicable"
    discovery = listed(endpoint(CLEAR, "None"), kind="DiscoveryServer")
    assert told(verdict(CHECK, discovery))[0] == "not-applicable"


def test_could_not_see_a_policy_that_is_not_named():
    assert told(verdict(CHECK, listed(endpoint(CLEAR, "")))) == ("inconclusive", "not-comparable")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaEndpoints")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
    assert told(verdict(CHECK, listed())) == ("inconclusive", "not-comparable")
