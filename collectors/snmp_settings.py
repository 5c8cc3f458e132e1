"""
Ask an SNMP agent how it is set, and whether its configuration changed or was saved.

On the wire: UDP, a GET of sysDescr and sysObjectID, then GETs of single values: those the device
profile names, IEEE 802.1X' switch, sysUpTime, snmpEngineTime and the counters of refused access.
Where the target permits GetBulk, also the addresses notifications are sent to.  Never: SET,
other tables, other credentials.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from checks.facts.switches import SnmpChanges, SnmpSetting, SnmpSettings, SnmpTarget
from collectors import snmp_rows as rows
from collectors.credentials import Community, SnmpUser
from collectors.snmp_client import Value
from collectors.snmp_identity import got, recognised
from collectors.snmp_profile import Changes, Profile, Switch
from collectors.snmp_tables import walking
from collectors.snmp_values import text
from collectors.wire import Target, Wire

TARGETS = "1.3.6.1.6.3.12.1.2.1.3"
SYSLOG_PORT = 514

# IEEE8021-PAE-MIB, dot1xPaeSystemAuthControl.
STANDARD = (
    Switch("802.1X", "1.0.8802.1.1.1.1.1.1.0", {1: "on", 2: "off"}, ("on",),
           "port-authentication-on"),
)  # fmt: skip

UP_TIME = "1.3.6.1.2.1.1.3.0"
ENGINE_TIME = "1.3.6.1.6.3.10.2.1.3.0"
BAD_COMMUNITIES = "1.3.6.1.2.1.11.4.0"
WRONG_DIGESTS = "1.3.6.1.6.3.15.1.1.5.0"
UNKNOWN_USERS = "1.3.6.1.6.3.15.1.1.3.0"
COUNTERS = (UP_TIME, ENGINE_TIME, BAD_COMMUNITIES, WRONG_DIGESTS, UNKNOWN_USERS)


async def settings(
    wire: Wire, target: Target, *, credential: Community | SnmpUser, profiles: Iterable[Profile]
) -> SnmpSettings:
    """
    The vendor's switches, log and trap targets, time servers; None where nothing is shown.

    Raises `TimedOut`, `LoginFailed`, `Refused`, `Unintelligible` and what the wire raises.
    """
    doing = "reading its settings"
    async with walking(wire, target, credential, doing) as walker:
        profile, _, _ = await recognised(walker.agent, profiles, doing)
        switches = (*STANDARD, *(profile.switches if profile else ()))
        times, logs = (profile.time_servers, profile.log_targets) if profile else ((), ())
        values = await got(walker.agent, [*(s.oid for s in switches), *times, *logs], doing)
        traps = await walker.column(TARGETS, doing) if target.permits.bulk else None
    sent = [
        SnmpTarget("trap", *address)
        # Of a table that may go on, nobody can say whom else it tells.
        for value in (traps.rows.values() if traps and traps.whole else ())
        if (address := rows.transport_address(value))
    ]
    sent += [SnmpTarget("syslog", at, SYSLOG_PORT) for at in _addresses(logs, values)]
    servers = _addresses(times, values)
    return SnmpSettings(
        profile=profile.id if profile else "",
        settings=tuple(_setting(s, values.get(s.oid)) for s in switches),
        targets=tuple(sent) or None,
        time_servers=servers or None,
    )


async def changes(
    wire: Wire, target: Target, *, credential: Community | SnmpUser, profiles: Iterable[Profile]
) -> SnmpChanges:
    """When the configuration changed, and who was turned away.  Raises as `settings`."""
    doing = "asking what changed"
    async with walking(wire, target, credential, doing) as walker:
        profile, _, _ = await recognised(walker.agent, profiles, doing)
        places = profile.changes if profile else Changes()
        named = (places.changed, places.saved, places.fingerprint, places.saved_fingerprint)
        values = await got(walker.agent, [*COUNTERS, *filter(None, named)], doing)
    return SnmpChanges(
        fingerprint=_hash(values.get(places.fingerprint)),
        saved_fingerprint=_hash(values.get(places.saved_fingerprint)),
        uptime_centiseconds=_count(values.get(UP_TIME)),
        changed_centiseconds=_count(values.get(places.changed)),
        saved_centiseconds=_count(values.get(places.saved)),
        engine_seconds=_count(values.get(ENGINE_TIME)),
        bad_communities=_count(values.get(BAD_COMMUNITIES)),
        wrong_digests=_count(values.get(WRONG_DIGESTS)),
        unknown_users=_count(values.get(UNKNOWN_USERS)),
    )


def _setting(switch: Switch, value: Value | None) -> SnmpSetting:
    word = switch.words.get(value) if isinstance(value, int) else None
    return SnmpSetting(switch.name, word or text(value), switch.wanted, switch.control)


def _addresses(oids: Iterable[str], values: Mapping[str, Value]) -> tuple[str, ...]:
    """What stands at these OIDs, as addresses; a name stays a name, no address is left out."""
    shown = (_address(values[oid]) for oid in oids if oid in values)
    return tuple(at for at in shown if at not in ("", "0.0.0.0"))  # noqa: S104 - no server is set


def _address(value: Value) -> str:
    if isinstance(value, bytes) and len(value) in (4, 16) and not _printable(value):
        return str(ipaddress.ip_address(value))
    return text(value)


def _hash(value: Value | None) -> str:
    """A fingerprint as text: printable as it is, else in hexadecimal."""
    if isinstance(value, bytes) and not _printable(value):
        return value.hex()
    return text(value).casefold()


def _count(value: Value | None) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _printable(value: bytes) -> bool:
    return value.isascii() and value.decode("ascii").isprintable()
