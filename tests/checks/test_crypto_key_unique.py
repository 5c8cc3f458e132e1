"""crypto-key-unique, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.certificates import Certificate
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.ssh import SshHostKey
from checks.facts.tls import TlsServer, TlsTrust, TlsVersion
from checks.facts.verdict import Reason
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["crypto-key-unique"]


def judged(*given):
    return verdict(CHECK, *given, asset=None)


def ssh(on, key):
    return observed(SshHostKey("ssh-ed25519", "Ed25519", 256, key), asset=on, service="tcp-22")


def certificate(key, **changes):
    fields = {"key_type": "EC", "key_bits": 256, "signature_hash": "sha256", **changes}
    return Certificate(f"certificate of {key}", public_key_sha256=key, **fields)


def tls(on, *certificates, completed=True):
    facts = TlsServer(TlsVersion.TLS13, "any", completed, certificates, TlsTrust.NOT_STATED)
    return observed(facts, asset=on, service="tcp-443")


def opcua(on, *certificates):
    facts = OpcUaEndpoints((), certificates, "", "", "Server")
    return observed(facts, asset=on, service="tcp-4840")


@pytest.mark.parametrize(
    "given",
    [
        (ssh("a", "1"), ssh("b", "2")),
        (ssh("a", "1"), tls("b", certificate("1"))),
        (
            tls("a", certificate("1"), certificate("ca")),
            tls("b", certificate("2"), certificate("ca")),
        ),
        (ssh("a", "1"), ssh("b", "2"), tls("a", certificate("3")), opcua("a", certificate("3"))),
        (ssh("a", "1"), ssh("b", "2"), opcua("c")),
    ],
    ids=["two", "ssh and x509", "one CA", "one asset twice", "unsecured"],
)
def test_holds_when_each_key_is_on_one_asset(given):
    assert told(judged(*given)) == ("pass", "as-expected")


@pytest.mark.parametrize(
    "given",
    [
        (ssh("a", "1"), ssh("b", "1")),
        (tls("a", certificate("1")), tls("b", certificate("1"))),
        (tls("a", certificate("1")), opcua("b", certificate("2"), certificate("1"))),
        (ssh("a", "1"), ssh("b", "1"), observed(Reason.TIMEOUT, facts_type="SshHostKey")),
    ],
)
def test_broken_by_one_key_on_two_assets(given):
    answer = judged(*given)

    assert told(answer) == ("fail", "weak-cryptography")
    assert answer.said == "1 keys are used by more than one asset, one of them by a and b."
    assert answer.where == ("a and b",)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ((ssh("a", "1"),), "not-comparable"),
        ((ssh("a", "1"), tls("a", certificate("2"))), "not-comparable"),
        ((opcua("a"), opcua("b")), "not-comparable"),
        (
            (ssh("a", "1"), ssh("b", "2"), observed(Reason.HUNG_UP, facts_type="TlsServer")),
            "hung-up",
        ),
        ((ssh("a", "1"), ssh("b", "2"), tls("c", completed=None)), "unintelligible"),
        ((ssh("a", "1"), ssh("b", "2"), tls("c", certificate(""))), "unintelligible"),
        ((ssh("a", "1"), opcua("b", certificate("2", problem="cut off"))), "unintelligible"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(judged(*given)) == ("inconclusive", reason)


def test_not_applicable_to_a_site_without_such_services():
    assert told(judged())[0] == "not-applicable"
