"""ssh-algorithms-strong, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import BY_ID
from checks.facts.ssh import SshHostKey, SshOffer
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["ssh-algorithms-strong"]
GOOD = SshOffer(
    protocol_version="2.0",
    software="OpenSSH_9.2p1",
    before=(),
    key_exchange=("curve25519-sha256", "kex-strict-s-v00@openssh.com"),
    host_key_algorithms=("ssh-ed25519", "rsa-sha2-512"),
    ciphers=("aes256-gcm@openssh.com", "aes128-ctr"),
    macs=("hmac-sha2-256-etm@openssh.com", "umac-128@openssh.com"),
    compression=("none",),
)


def offer(**changes):
    return observed(replace(GOOD, **changes))


def key(kind, bits):
    return observed(SshHostKey("any", kind, bits, "ab"))


def test_holds_when_nothing_offered_is_weak():
    answer = verdict(CHECK, offer(), key("Ed25519", 256))

    assert told(answer) == ("pass", "as-expected")
    assert answer.said == "None of the 8 algorithms the server offers is weak."


@pytest.mark.parametrize(
    "changes",
    [
        {"key_exchange": ("curve25519-sha256", "diffie-hellman-group1-sha1")},
        {"key_exchange": ("diffie-hellman-group14-sha1",)},
        {"key_exchange": ("diffie-hellman-group-exchange-sha1",)},
        {"host_key_algorithms": ("ssh-rsa",)},
        {"host_key_algorithms": ("ssh-dss",)},
        {"ciphers": ("aes128-cbc",)},
        {"ciphers": ("3des-cbc",)},
        {"ciphers": ("arcfour128",)},
        {"ciphers": ("none",)},
        {"macs": ("hmac-md5-96",)},
        {"macs": ("hmac-sha1-etm@openssh.com",)},
    ],
)
def test_broken_by_one_weak_algorithm(changes):
    assert told(verdict(CHECK, offer(**changes))) == ("fail", "weak-cryptography")


def test_broken_by_protocol_one_and_by_a_short_host_key():
    old = verdict(CHECK, offer(protocol_version="1.99"))
    short = verdict(CHECK, offer(), key("RSA", 1024))

    assert old.said == "The server announces protocol 1.99, which includes version 1."
    assert short.said == "The host key is RSA of 1024 bits."
    assert told(old) == told(short) == ("fail", "weak-cryptography")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (offer(key_exchange=()), "unintelligible"),
        (offer(ciphers=()), "unintelligible"),
        (observed(Reason.HUNG_UP, facts_type="SshOffer"), "hung-up"),
    ],
)
def test_could_not_see_enough(given, reason):
    assert told(verdict(CHECK, given)) == ("inconclusive", reason)


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, offer(), asset=asset(probing="never")))[0] == "not-applicable"


@pytest.mark.parametrize(
    "changes",
    [
        {"ciphers": ("aes128-ctr", "des-cfb8@acme.example")},
        {"ciphers": ("acme-stream@acme.example",)},
        {"macs": ("hmac-whirl",)},
        {"key_exchange": ("curve25519-sha256", "acme-kex-1")},
        {"host_key_algorithms": ("acme-sign",)},
    ],
)
def test_could_not_see_how_strong_a_name_is_that_nobody_knows(changes):
    assert told(verdict(CHECK, offer(**changes)))[0] in ("inconclusive", "fail")
    assert told(verdict(CHECK, offer(macs=("hmac-whirl",)))) == ("inconclusive", "not-comparable")
