"""opcua-server-nonce-fresh, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict
from tests.checks.rights import rights

CHECK = BY_ID["opcua-server-nonce-fresh"]


@pytest.mark.parametrize("octets", [32, 64])
def test_holds_when_long_and_never_seen_before(octets):
    assert told(verdict(CHECK, rights(nonce_bytes=octets, compared=2))) == ("pass", "as-expected")


@pytest.mark.parametrize("octets", [0, 31])
def test_broken_by_a_short_one(octets):
    answer = verdict(CHECK, rights(nonce_bytes=octets, compared=9))

    assert told(answer) == ("fail", "weak-cryptography")
    assert answer.said == f"A nonce of the server has {octets} octets, 32 are the least."


@pytest.mark.parametrize("compared", [1, 20])
def test_broken_by_what_came_again(compared):
    answer = verdict(CHECK, rights(repeated=("nonce", "session id"), compared=compared))

    assert told(answer) == ("fail", "weak-cryptography")
    assert answer.said == "Of our newest session came again: nonce, session id."


def test_not_applicable_without_security():
    assert told(verdict(CHECK, rights(nonce_bytes=None, compared=9)))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (rights(compared=0), "not-comparable"),
        (rights(compared=1), "not-comparable"),
        (observed(Reason.TIMEOUT, facts_type="OpcUaRights"), "timeout"),
    ],
)
def test_could_not_see_enough_sessions(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)
