"""snmp-v3-strong-protocols, in its four kinds of case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import BY_ID
from checks.facts.switches import SnmpUserRow
from checks.facts.verdict import Reason
from tests.checks.gear import access
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["snmp-v3-strong-protocols"]
GOOD = SnmpUserRow("monitor", "SHA-256", "AES-128")


def test_holds_when_every_user_has_sha_and_aes():
    users = (GOOD, SnmpUserRow("admin", "SHA-1", "AES-256"))

    assert told(verdict(CHECK, access(users=users)))[0] == "pass"


@pytest.mark.parametrize(
    ("auth", "priv"), [("MD5", "AES-128"), ("SHA-256", "DES"), ("none", "none")]
)
def test_broken_by_one_weak_user(auth, priv):
    answer = verdict(CHECK, access(users=(GOOD, SnmpUserRow("old", auth, priv)), truncated=True))

    assert told(answer) == ("fail", "weak-cryptography")
    assert answer.said == f"old has {auth} and {priv}."
    assert answer.where == ("old",)


def test_not_applicable_to_an_asset_that_is_never_probed():
    answer = verdict(CHECK, access(users=(GOOD,)), asset=asset(probing="never"))

    assert told(answer)[0] == "not-applicable"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (access(users=None), "not-comparable"),
        (access(users=()), "not-comparable"),
        (access(users=(GOOD,), truncated=True), "not-comparable"),
        (access(users=(SnmpUserRow("x", "1.3.6.1.4.1.9.1", "AES-128"),)), "not-comparable"),
        (access(users=(SnmpUserRow("x", "", ""),)), "not-comparable"),
        (observed(Reason.DENIED, facts_type="SnmpAccess"), "denied"),
    ],
)
def test_could_not_see_enough(seen, reason):
    assert told(verdict(CHECK, seen)) == ("inconclusive", reason)


def test_could_not_see_a_table_in_which_not_even_our_own_user_is():
    answer = verdict(CHECK, access(users=(replace(GOOD, name="other"),)))

    assert told(answer) == ("inconclusive", "not-comparable")
