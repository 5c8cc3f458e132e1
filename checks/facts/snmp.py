"""What SNMP agents tell, and whom they refuse."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from checks.facts.clocks import ClockReading
from checks.facts.observation import Facts, reading


class SnmpLevel(StrEnum):
    """How a request was protected."""

    V1 = "v1"
    V2C = "v2c"
    NO_AUTH_NO_PRIV = "noAuthNoPriv"
    AUTH_NO_PRIV = "authNoPriv"
    AUTH_PRIV = "authPriv"


class SnmpAnswer(StrEnum):
    ANSWERED = "answered"
    REFUSED = "refused"
    """An authenticated "no": a Report or an authorization error."""
    SILENT = "silent"


@dataclass(frozen=True)
class SnmpSystem(Facts):
    """The agent's own description, read with the configured credential.

    Empty strings: not exposed.  `entity_*` come from the first chassis of ENTITY-MIB,
    `vendor_firmware` from the OID of the matching device profile.
    """

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    level: SnmpLevel
    auth_protocol: str
    priv_protocol: str
    sys_descr: str
    sys_object_id: str
    sys_name: str
    entity_model: str = ""
    entity_serial: str = ""
    entity_firmware: str = ""
    entity_software: str = ""
    vendor_firmware: str = ""
    mac: str = ""
    """Lower case with colons; the lowest interface that has one."""
    engine_id: str = ""
    uptime_centiseconds: int | None = reading()
    clock: ClockReading | None = reading()


@dataclass(frozen=True)
class SnmpTrial:
    """One request that should not be answered."""

    level: SnmpLevel
    community: str
    """The community's name for the default ones, "configured" for our own, empty for v3."""
    answer: SnmpAnswer


@dataclass(frozen=True)
class SnmpRefusals(Facts):
    """
    Which other versions and lower levels the agent answers.

    `control` names the request that was answered in the same exchange ("authPriv as monitor",
    "v3 engine discovery"); empty when none was, and then silence means nothing.
    """

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    trials: tuple[SnmpTrial, ...]
    control: str


@dataclass(frozen=True)
class SnmpDefaultCommunities(Facts):
    """Whether `public` and `private` are answered; `control` as in SnmpRefusals."""

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    trials: tuple[SnmpTrial, ...]
    control: str


class SnmpElsewhere(StrEnum):
    """What came of one question from an address that is not the manager's."""

    ANSWERED = "answered"
    """Any datagram of the agent, a Report that turns the asker away too."""
    CLOSED = "closed"
    """The host said that nobody listens there (ICMP port unreachable)."""
    SILENT = "silent"


@dataclass(frozen=True)
class SnmpManagers(Facts):
    """
    Whether the agent answers somebody who asks from another address than its manager's.

    `asked` is what was said from `source`.  `control` names what the agent answered to `manager`
    directly afterwards, `heard` what was heard at `source` itself in the same visit; empty when
    nothing was, and then silence means nothing.  Who is answered needs neither.
    """

    protocols: ClassVar[tuple[str, ...]] = ("snmp",)

    source: str
    manager: str
    asked: str
    answer: SnmpElsewhere
    control: str
    heard: str
