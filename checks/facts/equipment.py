"""How equipment fares: the load of network gear, and the battery of a UPS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checks.facts.observation import Facts, reading


@dataclass(frozen=True)
class Load:
    """One processor, or all together: its load in percent over the last so many seconds."""

    name: str
    percent: int
    seconds: int


@dataclass(frozen=True)
class Storage:
    """
    One row of HOST-RESOURCES-MIB's storage table, in its own units.

    `kind` is disk, flash, ram, virtual, or other.  `writable` is False for a file system mounted to
    be read only, which is full by nature.
    """

    name: str
    kind: str
    size: int
    used: int
    writable: bool = True


@dataclass(frozen=True)
class SnmpResources(Facts):
    """
    Processors and storage; empty where the device shows none.

    `truncated`: a table was longer than we read.
    """

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    truncated: bool = False
    loads: tuple[Load, ...] = reading(())
    storages: tuple[Storage, ...] = reading(())


@dataclass(frozen=True)
class SnmpPower(Facts):
    """
    UPS-MIB (RFC 1628): words of the MIB, the number as text for one it does not have.

    Empty and None: not shown.  `battery` is unknown, normal, low or depleted; `source` is other,
    none, normal, bypass, battery, booster or reducer; `test` is what the last one came to: passed,
    warning, error, aborted, running or none.
    """

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    battery: str
    source: str
    test: str
    minutes_left: int | None = reading()
    charge_percent: int | None = reading()
    alarms: int | None = reading()
