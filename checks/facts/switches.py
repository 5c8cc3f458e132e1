"""What network gear remembers: who it has seen, how its ports and its own access stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checks.facts.observation import Facts, reading


@dataclass(frozen=True)
class Interface:
    """One row of IF-MIB; `admin` and `oper` are up, down, testing or the number as text."""

    index: int
    name: str
    alias: str
    admin: str
    oper: str
    mac: str
    ethernet: bool


@dataclass(frozen=True)
class SnmpInterfaces(Facts):
    """The interface table.  `truncated`: the table was longer than we read."""

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    interfaces: tuple[Interface, ...]
    forwarding: bool | None
    """IP forwarding; None when not exposed."""
    truncated: bool = False


@dataclass(frozen=True)
class Neighbour:
    """A device a table names.  Empty strings: the table does not say.

    `source` is arp, bridge or lldp; `port` the name of the interface it was seen on.
    """

    source: str
    mac: str
    address: str
    port: str
    name: str = ""


@dataclass(frozen=True)
class SnmpNeighbours(Facts):
    """
    ARP, bridge and LLDP tables together.

    `tables` names those that were readable; a table that is not among them says nothing about
    who is absent.  Changing from look to look, they are readings.
    """

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    tables: tuple[str, ...]
    truncated: bool = False
    neighbours: tuple[Neighbour, ...] = reading(())


@dataclass(frozen=True)
class SnmpGroup:
    """
    One row of VACM's access table.

    `model` is v1, v2c, usm or any; `level` noAuthNoPriv, authNoPriv or authPriv; empty views
    give no access.
    """

    group: str
    model: str
    level: str
    read_view: str
    write_view: str


@dataclass(frozen=True)
class SnmpMember:
    """Which security name belongs to which group."""

    model: str
    name: str
    group: str


@dataclass(frozen=True)
class SnmpUserRow:
    """One row of usmUserTable; protocols by their usual names (MD5, SHA-1, SHA-256, DES, AES-128)."""

    name: str
    auth: str
    priv: str


@dataclass(frozen=True)
class SnmpAccess(Facts):
    """
    VACM, USM users and communities, as far as they are exposed.

    None for a table that is not; communities are counted, never read.
    """

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    own_name: str
    """The security name of the credential used."""
    groups: tuple[SnmpGroup, ...] | None
    members: tuple[SnmpMember, ...] | None
    users: tuple[SnmpUserRow, ...] | None
    communities: int | None
    truncated: bool = False


@dataclass(frozen=True)
class SnmpTarget:
    """Where traps or log messages are sent."""

    kind: str
    """trap or syslog."""
    address: str
    port: int


@dataclass(frozen=True)
class SnmpSetting:
    """
    One vendor switch of the device profile, as read.

    `value` is the profile's word for the number (on, off, v3) or the number as text, empty where
    the device does not show it; `wanted`
    lists the words that are right; `control` names the check that judges it.
    """

    name: str
    value: str
    wanted: tuple[str, ...]
    control: str


@dataclass(frozen=True)
class SnmpSettings(Facts):
    """Vendor switches, trap and log targets, time servers; empty where nothing is exposed."""

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    profile: str
    """The device profile's id; empty when none matches."""
    settings: tuple[SnmpSetting, ...]
    targets: tuple[SnmpTarget, ...] | None
    time_servers: tuple[str, ...] | None


@dataclass(frozen=True)
class SnmpChanges(Facts):
    """
    When the configuration last changed and was last saved, in centiseconds of the uptime.

    None: not exposed.  `fingerprint` is the device's own hash of its running configuration,
    `saved_fingerprint` that of the stored one.  Counters of refused access are since restart, and
    so is `engine_seconds`, which goes on where the uptime begins again, after 497 days.
    """

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    fingerprint: str = ""
    saved_fingerprint: str = ""
    uptime_centiseconds: int | None = reading()
    changed_centiseconds: int | None = reading()
    saved_centiseconds: int | None = reading()
    engine_seconds: int | None = reading()
    bad_communities: int | None = reading()
    wrong_digests: int | None = reading()
    unknown_users: int | None = reading()
