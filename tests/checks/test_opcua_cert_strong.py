"""opcua-cert-strong, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from checks import BY_ID
from checks.facts.certificates import Certificate
from checks.facts.opcua import Endpoint, MessageMode, OpcUaEndpoints
from checks.facts.verdict import Reason
from tests.checks.given import NOW, observed, told, verdict

CHECK = BY_ID["opcua-cert-strong"]
GOOD = Certificate(
    sha256="aa",
    subject="CN=plc-1",
    not_before=NOW - timedelta(days=100),
    not_after=NOW + timedelta(days=100),
    key_type="RSA",
    key_bits=2048,
    signature_hash="sha256",
)


def listed(*certificates, mode="SignAndEncrypt", names="aa"):
    row = Endpoint("opc.tcp://plc-1", MessageMode(mode), "x", (), 0, "opc.tcp", names)
    return observed(OpcUaEndpoints((row,), certificates, "", "", "Server"))


def certificate(**changes):
    return listed(replace(GOOD, **changes))


@pytest.mark.parametrize(
    "changes",
    [{}, {"key_type": "EC", "key_bits": 256}, {"key_type": "Ed25519", "signature_hash": ""}],
)
def test_holds_for_strong_keys(changes):
    assert told(verdict(CHECK, certificate(**changes))) == ("pass", "as-expected")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key_bits": 1024}, "The certificate has a RSA key of 1024 bits."),
        ({"key_type": "DSA"}, "The certificate has a DSA key of 2048 bits."),
        ({"signature_hash": "sha1"}, "The certificate has a sha1 signature."),
    ],
)
def test_broken_by_a_weak_key_or_signature(changes, said):
    answer = verdict(CHECK, certificate(**changes))

    assert told(answer) == ("fail", "weak-cryptography")
    assert answer.said == said


@pytest.mark.parametrize(
    "changes",
    [
        {"key_type": "other"},
        {"signature_hash": ""},
        {"signature_hash": "whirlpool"},
        {"key_bits": 0},
        {"problem": "bad encoding"},
    ],
)
def test_could_not_see_what_a_key_is_worth(changes):
    assert told(verdict(CHECK, certificate(**changes))) == ("inconclusive", "unintelligible")


def test_not_applicable_where_nothing_is_secured():
    assert told(verdict(CHECK, listed(mode="None", names="")))[0] == "not-applicable"


@pytest.mark.parametrize("names", ["", "bb"])
def test_could_not_see_a_certificate_that_is_missing(names):
    assert told(verdict(CHECK, listed(GOOD, names=names)))[0] == "inconclusive"


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="OpcUaEndpoints")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
