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
