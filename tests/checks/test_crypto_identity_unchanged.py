"""crypto-identity-unchanged, in its four kinds of case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checks import BY_ID
from checks.facts.certificates import Certificate
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.ssh import SshHostKey
from checks.facts.tls import TlsServer, TlsTrust, TlsVersion
from checks.facts.verdict import Reason
from tests.checks.given import NOW, asset, observed, service, told, verdict

CHECK = BY_ID["crypto-identity-unchanged"]
PIN, OTHER = "ab" * 32, "cd" * 32
SSH = service(22, "ssh", pin=PIN)


def key(sha256=PIN, **changes):
    return observed(SshHostKey("ssh-ed25519", "Ed25519", 256, sha256), **changes)


def server(trust, *shown):
    certificates = tuple(Certificate(one) for one in shown)
    return observed(TlsServer(TlsVersion.TLS13, "any", True, certificates, trust))


def listed(trust, *shown):
    certificates = tuple(Certificate(one) for one in shown)
    return observed(OpcUaEndpoints((), certificates, "", "", "Server", trust))


@pytest.mark.parametrize(
    "given", [key(), server(TlsTrust.PINNED, PIN), listed(TlsTrust.PINNED, PIN)]
)
def test_holds_when_the_recorded_one_is_shown(given):
    answer = verdict(CHECK, given, service=SSH)

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == f"The server shows {PIN}, as recorded."


@pytest.mark.parametrize(
    "given", [key(OTHER), server(TlsTrust.UNTRUSTED, OTHER), listed(TlsTrust.UNTRUSTED, OTHER)]
)
def test_broken_by_another_one(given):
    answer = verdict(CHECK, given, service=SSH)

    assert told(answer) == ("fail", "differs")
    assert answer.said == f"The server shows {OTHER}; recorded is {PIN}."


def test_the_newest_look_decides():
    later = NOW + timedelta(hours=1)

    assert told(verdict(CHECK, key(OTHER, finished=later), key(), service=SSH))[0] == "fail"
    assert told(verdict(CHECK, key(OTHER), key(finished=later), service=SSH))[0] == "pass"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ((), "not-asked"),
        ((observed(Reason.HUNG_UP, facts_type="SshHostKey"),), "hung-up"),
        ((observed(Reason.TIMEOUT, facts_type="TlsServer"),), "timeout"),
        ((server(TlsTrust.UNTRUSTED),), "unintelligible"),
        ((listed(TlsTrust.UNTRUSTED),), "unintelligible"),
        ((server(TlsTrust.NOT_STATED, PIN),), "not-comparable"),
        ((server(TlsTrust.CHAINED, PIN),), "not-comparable"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, *given, service=SSH)) == ("inconclusive", reason)


def test_not_applicable_where_none_is_recorded_and_says_what_to_record():
    answer = verdict(CHECK, key(OTHER), service=service(22, "ssh"))

    assert told(answer)[0] == "not-applicable"
    assert answer.said == f"The inventory records no fingerprint; shown was {OTHER}."


def test_not_applicable_to_an_asset_that_is_never_probed():
    never = verdict(CHECK, key(OTHER), service=SSH, asset=asset(probing="never"))

    assert told(never)[0] == "not-applicable"


@pytest.mark.parametrize("shown", [server(TlsTrust.PINNED, OTHER), listed(TlsTrust.PINNED, OTHER)])
def test_could_not_see_whether_what_was_pinned_then_is_what_is_recorded_now(shown):
    assert told(verdict(CHECK, shown, service=SSH)) == ("inconclusive", "not-comparable")
