"""
Ask network gear for its load, and a UPS for the state of its battery.

On the wire: UDP.  For a UPS one GET of six values of UPS-MIB.  For network gear hrProcessorLoad,
Cisco's average of five minutes, the storage table of HOST-RESOURCES-MIB with the access of its
file systems, by GetBulk where the target permits it, else by GetNext; and UCD's load average of
fifteen minutes by GET.  Never: SET, and so never a test of a UPS; other tables, other credentials.
"""

from __future__ import annotations

from collections.abc import Mapping

from checks.facts.equipment import Load, SnmpPower, SnmpResources, Storage
from collectors import snmp_rows as rows
from collectors.credentials import Community, SnmpUser
from collectors.snmp_client import Value
from collectors.snmp_identity import got
from collectors.snmp_tables import walking
from collectors.snmp_values import text
from collectors.snmp_walk import Column
from collectors.wire import Target, Wire

# HOST-RESOURCES-MIB, RFC 2790; hrProcessorLoad is the average of the last minute.
PROCESSORS = "1.3.6.1.2.1.25.3.3.1.2"
STORAGE = {
    "kind": "1.3.6.1.2.1.25.2.3.1.2",
    "name": "1.3.6.1.2.1.25.2.3.1.3",
    "size": "1.3.6.1.2.1.25.2.3.1.5",
    "used": "1.3.6.1.2.1.25.2.3.1.6",
}
FILE_SYSTEMS = {"access": "1.3.6.1.2.1.25.3.8.1.5", "storage": "1.3.6.1.2.1.25.3.8.1.7"}
# CISCO-PROCESS-MIB, cpmCPUTotal5minRev.
CISCO = "1.3.6.1.4.1.9.9.109.1.1.1.1.8"
# UCD-SNMP-MIB, laLoadInt of 15 minutes: processes that want a processor, in hundredths.
UCD = "1.3.6.1.4.1.2021.10.1.5.3"
MINUTE = 60
_READ_ONLY = 2
_KINDS = {
    "1.3.6.1.2.1.25.2.1.2": "ram",
    "1.3.6.1.2.1.25.2.1.3": "virtual",
    "1.3.6.1.2.1.25.2.1.4": "disk",
    "1.3.6.1.2.1.25.2.1.9": "flash",
}

# UPS-MIB, RFC 1628.
BATTERY = "1.3.6.1.2.1.33.1.2.1.0"
MINUTES_LEFT = "1.3.6.1.2.1.33.1.2.3.0"
CHARGE = "1.3.6.1.2.1.33.1.2.4.0"
SOURCE = "1.3.6.1.2.1.33.1.4.1.0"
ALARMS = "1.3.6.1.2.1.33.1.6.1.0"
TEST = "1.3.6.1.2.1.33.1.7.3.0"
_BATTERY = {1: "unknown", 2: "normal", 3: "low", 4: "depleted"}
_SOURCE = {
    1: "other", 2: "none", 3: "normal", 4: "bypass", 5: "battery", 6: "booster", 7: "reducer",
}  # fmt: skip
_TEST = {1: "passed", 2: "warning", 3: "error", 4: "aborted", 5: "running", 6: "none"}


async def power(wire: Wire, target: Target, *, credential: Community | SnmpUser) -> SnmpPower:
    """Raises `TimedOut`, `LoginFailed`, `Refused`, `Unintelligible` and what the wire raises."""
    doing = "reading the state of its battery"
    async with walking(wire, target, credential, doing) as walker:
        values = await got(
            walker.agent, (BATTERY, MINUTES_LEFT, CHARGE, SOURCE, ALARMS, TEST), doing
        )
    return SnmpPower(
        battery=_word(values.get(BATTERY), _BATTERY),
        source=_word(values.get(SOURCE), _SOURCE),
        test=_word(values.get(TEST), _TEST),
        minutes_left=_count(values.get(MINUTES_LEFT)),
        charge_percent=_count(values.get(CHARGE)),
        alarms=_count(values.get(ALARMS)),
    )


async def resources(
    wire: Wire, target: Target, *, credential: Community | SnmpUser
) -> SnmpResources:
    """Raises as `power`."""
    doing = "reading its load"
    async with walking(wire, target, credential, doing) as walker:
        averages = await got(walker.agent, (UCD,), doing)
        processors = await walker.column(PROCESSORS, doing)
        cisco = await walker.column(CISCO, doing)
        storage = await walker.columns(STORAGE, doing)
        systems = await walker.columns(FILE_SYSTEMS, doing)
    columns = (processors, cisco, *storage.values(), *systems.values())
    return SnmpResources(
        truncated=any(not column.whole for column in columns),
        loads=(
            *_loads("processor", processors, MINUTE),
            *_loads("processor", cisco, 5 * MINUTE),
            *_average(averages.get(UCD), len(processors.rows)),
        ),
        storages=_storages(storage, systems),
    )


def _loads(name: str, column: Column, seconds: int) -> list[Load]:
    return [
        Load(f"{name} {i[-1]}", value, seconds)
        for i, value in sorted(column.rows.items())
        if i and isinstance(value, int) and 0 <= value <= 100
    ]


def _average(value: Value | None, processors: int) -> list[Load]:
    """Without a count of processors nobody knows what the number is a part of."""
    hundredths = _count(value)
    if hundredths is None or not processors:
        return []
    return [Load("all processors", hundredths // processors, 15 * MINUTE)]


def _storages(table: Mapping[str, Column], systems: Mapping[str, Column]) -> tuple[Storage, ...]:
    closed = {
        rows.number(systems["storage"].rows.get(i))
        for i, access in systems["access"].rows.items()
        if access == _READ_ONLY
    }
    found = []
    for i, size in sorted(table["size"].rows.items()):
        used = table["used"].rows.get(i)
        if not i or not isinstance(size, int) or not isinstance(used, int) or size <= 0 or used < 0:
            continue
        kind = _KINDS.get(text(table["kind"].rows.get(i)).strip("."), "other")
        name = text(table["name"].rows.get(i)) or f"storage {i[-1]}"
        found.append(Storage(name, kind, size, used, writable=i[-1] not in closed))
    return tuple(found)


def _word(value: Value | None, words: Mapping[int, str]) -> str:
    if not isinstance(value, int):
        return ""
    return words.get(value, str(value))


def _count(value: Value | None) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
