"""opcua-endpoints-expected, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints, TokenType, UserToken
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, service, told, verdict

CHECK = BY_ID["opcua-endpoints-expected"]
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


PLC = asset(name="Filter-PLC", services=(service(4840, "opcua"), service(443, "https")))


@pytest.mark.parametrize(
    "url",
    [
        "opc.tcp://10.0.0.1:4840",
        "opc.tcp://10.0.0.1",
        "opc.tcp://plc-1:4840/path",
        "opc.tcp://FILTER-PLC.plant.example:4840",
    ],
)
def test_holds_on_a_declared_port_of_this_asset(url):
    assert told(verdict(CHECK, listed(endpoint(url=url)), asset=PLC)) == ("pass", "as-expected")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "opc.tcp://10.0.0.2:4840"}, "is at an address that is not this asset's"),
        ({"url": "opc.tcp://127.0.0.1:4840"}, "is at an address that is not this asset's"),
        ({"url": "opc.tcp://10.0.0.1:4841"}, "is on a port that is not declared"),
        ({"url": "opc.tcp://10.0.0.1:443"}, "is on a port that is not declared"),
        ({"url": ""}, "has no address that can be read"),
        ({"url": "opc.tcp://10.0.0.1:x"}, "has no address that can be read"),
        (
            {"transport": "https-uabinary"},
            "uses the transport https-uabinary, which nobody has declared",
        ),
    ],
)
def test_broken_by_one_that_is_elsewhere(changes, said):
    bad = endpoint(**changes)
    answer = verdict(CHECK, listed(endpoint(), bad), asset=PLC)

    assert told(answer) == ("fail", "differs")
    assert answer.said == f"Endpoint {bad.url} (SignAndEncrypt, Basic256Sha256) {said}."


def test_could_not_see_whose_name_it_is():
    answer = verdict(CHECK, listed(endpoint(url="opc.tcp://other:4840")), asset=PLC)

    assert told(answer) == ("inconclusive", "not-comparable")


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert (
        told(verdict(CHECK, listed(endpoint()), asset=asset(probing="never")))[0]
        == "not-applicable"
    )


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaEndpoints")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
    assert told(verdict(CHECK, listed())) == ("inconclusive", "not-comparable")
