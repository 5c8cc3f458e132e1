"""snmp-write-access-absent, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.switches import SnmpGroup, SnmpMember
from checks.facts.verdict import Reason
from tests.checks.gear import access, setting, settings
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["snmp-write-access-absent"]
OWN = SnmpMember("usm", "monitor", "readers")
READERS = SnmpGroup("readers", "usm", "authPriv", "all", "")
ADMINS = SnmpGroup("admins", "usm", "authPriv", "all", "all")
ADMIN = SnmpMember("usm", "admin", "admins")


def flag(value):
    return settings(setting(value, ("on",), "snmp-write-access-absent", "v1 and v2c read only"))


def test_holds_when_only_administrators_may_write():
    assert told(verdict(CHECK, access((READERS, ADMINS), (OWN, ADMIN))))[0] == "pass"
    assert told(verdict(CHECK, access((READERS, ADMINS), (OWN, ADMIN)), flag("on")))[0] == "pass"


def test_holds_when_a_group_that_may_write_has_nobody_in_it():
    nobody = SnmpGroup("private", "v2c", "noAuthNoPriv", "all", "all")

    assert told(verdict(CHECK, access((READERS, nobody), (OWN,))))[0] == "pass"


@pytest.mark.parametrize(
    ("group", "member"),
    [
        (SnmpGroup("g", "v2c", "noAuthNoPriv", "all", "all"), SnmpMember("v2c", "comm1", "g")),
        (SnmpGroup("g", "any", "noAuthNoPriv", "", "all"), SnmpMember("v1", "comm1", "g")),
        (SnmpGroup("g", "usm", "noAuthNoPriv", "all", "all"), SnmpMember("usm", "guest", "g")),
        (SnmpGroup("readers", "usm", "authPriv", "all", "some"), OWN),
    ],
)
def test_broken_by_a_group_that_should_not_write(group, member):
    answer = verdict(CHECK, access((READERS, group), (OWN, member), truncated=True))

    assert told(answer) == ("fail", "writable")
    assert answer.said == f"group {group.group} ({group.model}, {group.level}) may write."


def test_broken_by_the_vendors_own_switch():
    answer = verdict(CHECK, access((READERS,), (OWN,)), flag("off"))

    assert told(answer) == ("fail", "not-configured")


def test_not_applicable_to_an_asset_that_is_never_probed():
    answer = verdict(CHECK, access((READERS,), (OWN,)), asset=asset(probing="never"))

    assert told(answer)[0] == "not-applicable"


@pytest.mark.parametrize(
    "seen",
    [
        access(None, None),
        access((READERS,), None),
        access(None, (OWN,)),
        access((READERS,), (OWN,), truncated=True),
        access((READERS, ADMINS), (ADMIN,)),
        access((ADMINS,), None),
    ],
)
def test_could_not_see_enough(seen):
    assert told(verdict(CHECK, seen, flag("on"))) == ("inconclusive", "not-comparable")


def test_could_not_see_an_agent_that_is_silent():
    gap = observed(Reason.TIMEOUT, facts_type="SnmpAccess")

    assert told(verdict(CHECK, gap, flag("on"))) == ("inconclusive", "timeout")
