"""snmp-v3-authpriv, in its four kinds of case."""

from __future__ import annotations

from checks import BY_ID
from checks.facts.snmp import SnmpLevel, SnmpSystem
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["snmp-v3-authpriv"]


def system(level="authPriv", auth="SHA-256", priv="AES-128"):
    return observed(SnmpSystem(SnmpLevel(level), auth, priv, "a switch", "1.3.6", "sw-1"))


def test_holds_at_authpriv_with_sha2_and_aes():
    assert told(verdict(CHECK, system())) == ("pass", "as-expected")


def test_broken_by_a_lower_level():
    answer = verdict(CHECK, system(level="v2c", auth="", priv=""))

    assert told(answer) == ("fail", "unprotected")
    assert answer.said == "The agent is read with v2c, not authPriv."


def test_broken_by_old_protocols():
    answer = verdict(CHECK, system(auth="MD5", priv="DES"))

    assert told(answer) == ("fail", "weak-cryptography")
    assert answer.said == "The agent is read with authPriv, but with MD5 and DES."


def test_not_applicable_to_an_asset_that_is_never_probed():
    assert told(verdict(CHECK, system(), asset=asset(probing="never")))[0] == "not-applicable"


def test_could_not_see_what_an_unknown_protocol_is_worth():
    assert told(verdict(CHECK, system(auth="GOST"))) == ("inconclusive", "not-comparable")


def test_could_not_see_a_gap():
    gap = observed(Reason.TIMEOUT, facts_type="SnmpSystem")

    assert told(verdict(CHECK, gap)) == ("inconclusive", "timeout")
