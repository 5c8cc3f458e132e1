"""Tables of a real net-snmp agent, and a community that was once valid."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.snmp import SnmpAnswer, SnmpLevel
from checks.facts.switches import SnmpSettings, SnmpTarget, SnmpUserRow
from collectors import snmp, snmp_identity, snmp_settings, snmp_tables
from collectors.allowed import Permissions
from collectors.credentials import Community, SnmpUser
from collectors.errors import CollectError
from collectors.snmp_profile import Place, Profile
from collectors.wire import Target, Wire
from tests.checks.given import observed, told, verdict
from tests.devices.snmp_peers import OpenGate
from tests.devices.snmpd import PROGRAM, snmpd

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="net-snmp is not installed")
US = SnmpUser("monitor", "SHA-256", "auth-secret-1", "AES-128", "priv-secret-1")
WEAK = SnmpUser("olduser", "MD5", "auth-secret-2", "DES", "priv-secret-2")
FORMER = Community("once-valid")


async def ask(question, port, *, credential=US, **more):
    gate = OpenGate()
    wire = Wire(gate, connect=2.0, whole=10.0, packets=60)
    permits = Permissions(bulk=True)
    target = Target("sw", "127.0.0.1", "udp", port, "snmp", None, permits)
    facts = await question(wire, target, credential=credential, **more)
    assert not gate.refusals
    return facts, gate.packets


@pytest.mark.parametrize("login", [US, Community("readable")], ids=["v3", "v2c"])
async def test_a_good_agent_shows_its_ports_and_who_may_read(login):
    with snmpd(rocommunity=["readable"], users=[US]) as port:
        table, packets = await ask(snmp_tables.interfaces, port, credential=login)
        seen, _ = await ask(snmp_tables.neighbours, port, credential=login)
        who, _ = await ask(snmp_tables.access, port, credential=login)

    assert "lo" in {i.name for i in table.interfaces}
    assert not table.truncated
    assert packets <= 12
    assert "bridge" not in seen.tables
    assert {g.write_view for g in who.groups} == {""}
    assert who.users == (SnmpUserRow("monitor", "SHA-256", "AES-128"),)
    assert told(verdict(BY_ID["snmp-write-access-absent"], observed(who)))[0] == "pass"
    assert told(verdict(BY_ID["snmp-v3-strong-protocols"], observed(who)))[0] == "pass"


async def test_a_bad_agent_shows_its_write_view_and_its_weak_user():
    extra = ["rwcommunity writable 192.0.2.1"]
    with snmpd(users=[US, WEAK], extra=extra) as port:
        who, _ = await ask(snmp_tables.access, port)

    assert "writable" not in repr(who)
    writers = [g for g in who.groups if g.write_view]
    assert [(g.model, g.level, g.write_view) for g in writers] == [("any", "noAuthNoPriv", "_all_")]
    answer = verdict(BY_ID["snmp-write-access-absent"], observed(who))
    assert told(answer) == ("fail", "writable")
    answer = verdict(BY_ID["snmp-v3-strong-protocols"], observed(who))
    assert answer.said == "olduser has MD5 and DES."


async def test_an_agent_that_hides_its_tables_passes_nothing():
    view = "view system included .1.3.6.1.2.1.1"
    with snmpd(users=[US], levels=["priv -V system"], extra=[view]) as port:
        who, _ = await ask(snmp_tables.access, port)
        with pytest.raises(CollectError):
            await ask(snmp_tables.interfaces, port)

    for check in ("snmp-write-access-absent", "snmp-v3-strong-protocols"):
        assert told(verdict(BY_ID[check], observed(who))) == ("inconclusive", "not-comparable")


async def test_trap_targets_identity_and_counters():
    profile = Profile("net", "Net", ("1.3.6.1.4.1.8072",), product=(Place(oid=snmp.SYS_DESCR),))
    with snmpd(users=[US], extra=["trap2sink 192.0.2.7:1162 x"]) as port:
        seen, _ = await ask(snmp_settings.settings, port, profiles=(profile,))
        counted, packets = await ask(snmp_settings.changes, port, profiles=(profile,))
        who, _ = await ask(snmp_identity.identity, port, profiles=(profile,))

    assert isinstance(seen, SnmpSettings)
    assert seen.targets == (SnmpTarget("trap", "192.0.2.7", 1162),)
    assert counted.bad_communities == 0
    assert abs(counted.engine_seconds - counted.uptime_centiseconds // 100) <= 2
    assert packets <= 4
    assert (who.vendor, who.product) == ("Net", "Test switch")


async def test_silence_to_a_community_once_valid_shows_that_old_versions_are_off():
    check = BY_ID["snmp-v1v2c-disabled"]
    with snmpd(users=[US]) as port:
        off, _ = await ask(snmp.refusals, port, community=FORMER)
    with snmpd(users=[US], rocommunity=[FORMER.community]) as port:
        on, _ = await ask(snmp.refusals, port, community=FORMER)

    old = {t.level: t.answer for t in off.trials if t.level in (SnmpLevel.V1, SnmpLevel.V2C)}
    assert set(old.values()) == {SnmpAnswer.SILENT}
    answer = verdict(check, observed(off))
    assert (told(answer)[0], answer.rests_on.value) == ("pass", "silence")
    assert told(verdict(check, observed(on))) == ("fail", "unprotected")
