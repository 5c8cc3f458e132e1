"""Assets and what is meant to be open on them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from appliance.site.scalars import Address, Duration, Id, Mac, Port, PortText, Sha256, Strict
from checks.requirements import REQUIREMENTS
from collectors.allowed.http import path_fault

Protocol = Literal[
    "opcua", "modbus", "modbus-tls", "snmp", "http", "https", "tls", "ssh", "ftp", "telnet",
    "vnc", "rdp", "smb", "mqtt", "mqtts", "ntp", "s7", "enip", "dnp3", "iec104", "bacnet", "fox",
    "tcp",
]  # fmt: skip
PROTOCOLS: tuple[str, ...] = get_args(Protocol)
CONNECT_ONLY = frozenset({"s7", "enip", "dnp3", "iec104", "bacnet", "fox", "tcp"})
"""Connected to, never spoken to."""
MOST_PATHS = {"http": 3, "https": 2}
"""Each is a connection, and over TLS a handshake, which a small device computes for a second."""
OVER_UDP = frozenset({"snmp", "ntp"})
EITHER = frozenset({"dnp3", "bacnet", "enip"})
"""Protocols that exist on both transports."""

Role = Literal[
    "plc", "rtu", "hmi", "scada", "historian", "workstation", "server", "switch", "router",
    "firewall", "gateway", "ups", "other",
]  # fmt: skip
Probing = Literal["fragile", "standard", "robust", "never"]
Permission = Literal["default-community", "long-session", "anonymous-ftp"]
Text = Annotated[
    str,
    # A serial of digits only is a text too; the loader reads no number that text would lose.
    BeforeValidator(lambda v: str(v) if type(v) is int else v),
    StringConstraints(strict=True, max_length=500),
]
RelativePath = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]


class Interface(Strict):
    """One address of an asset; the zone is the asset's own unless it says otherwise."""

    address: Address
    zone: Id
    mac: Mac = ""


class Identity(Strict):
    """What the asset should say it is; empty means the inventory does not say."""

    vendor: Text = ""
    product: Text = ""
    order_number: Text = ""
    serial: Text = ""
    mac: Mac = ""
    name: Text = ""


class Firmware(Strict):
    approved: tuple[Text, ...] = ()


class Trust(Strict):
    """The pin of the peer's certificate, or the CA file its chain ends in; exactly one."""

    sha256: Sha256 | None = None
    ca: RelativePath | None = None

    @model_validator(mode="after")
    def _one(self) -> Trust:
        if (self.sha256 is None) == (self.ca is None):
            raise ValueError("write sha256: FINGERPRINT or ca: FILE, one of them")
        return self


class Register(Strict):
    """Modbus data read to see a control at work; never written."""

    table: Literal["coil", "discrete", "input", "holding"]
    address: Annotated[int, Field(ge=0, le=65535, strict=True)]
    count: Annotated[int, Field(ge=1, le=125, strict=True)] = 1
    expect: Annotated[int, Field(ge=0, le=65535, strict=True)] | tuple[int, ...] | None = None
    meaning: Text = ""
    requirement: str | None = None

    @model_validator(mode="after")
    def _as_many(self) -> Register:
        if isinstance(self.expect, tuple) and len(self.expect) != self.count:
            raise ValueError(f"write {self.count} values in expect, as many as count says")
        return self

    @field_validator("requirement")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in REQUIREMENTS:
            raise ValueError("write a requirement of IEC 62443-3-3, such as SR 3.4 or SR 1.1 RE 1")
        return value


class Service(Strict):
    """A port meant to be open, and the protocol that may be spoken on it."""

    port: PortText
    protocol: Protocol
    credential: Id | None = None
    formerly: Id | None = None
    """A community once valid here: silence to it shows that v1 and v2c are off."""
    certificate: Id | None = None
    trust: Trust | None = None
    variables: tuple[Text, ...] = ()
    methods: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    """OPC UA methods nobody but their users may call; it is read whether one may, never called."""
    unit: Annotated[int, Field(ge=1, le=255, strict=True)] = 1
    registers: Annotated[tuple[Register, ...], Field(max_length=12)] = ()
    paths: tuple[Text, ...] = ()

    @property
    def id(self) -> str:
        return self.port.id

    @field_validator("paths")
    @classmethod
    def _asked_for(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for path in value:
            if fault := path_fault(path):
                raise ValueError(fault)
        return tuple(dict.fromkeys(value))

    @model_validator(mode="after")
    def _fits(self) -> Service:
        udp = self.port.transport == "udp"
        if udp != (self.protocol in OVER_UDP) and self.protocol not in EITHER:
            raise ValueError(
                f"write {'udp' if not udp else 'tcp'}/{self.port.number} for {self.protocol}"
            )
        for key, protocols in _ONLY_FOR.items():
            if getattr(self, key) and self.protocol not in protocols:
                raise ValueError(f"write {key} only for {' or '.join(protocols)}")
        if len(self.paths) > MOST_PATHS.get(self.protocol, 0):
            most = MOST_PATHS[self.protocol]
            raise ValueError(f"write at most {most} paths for {self.protocol}, those that matter")
        return self


_ONLY_FOR = {
    "variables": ("opcua",),
    "methods": ("opcua",),
    "formerly": ("snmp",),
    "registers": ("modbus", "modbus-tls"),
    "paths": ("http", "https"),
}


OCTETS_A_DAY = {"lan": None, "radio": 16 * 1024 * 1024, "cellular": 4 * 1024 * 1024}
"""Of a 64 kbit/s radio channel 16 MiB are 2.4 % of a day; 4 MiB are 120 MB of a month's tariff."""


class Link(Strict):
    """How an asset is reached; `octets_a_day` is what we may use of it, both ways together."""

    kind: Literal["lan", "radio", "cellular"] = "lan"
    octets_a_day: Annotated[int, Field(ge=65_536, strict=True)] | None = None

    @property
    def octets(self) -> int | None:
        """Bytes a day: as stated, else the kind's; None where nobody counts."""
        return OCTETS_A_DAY[self.kind] if self.octets_a_day is None else self.octets_a_day


class Presence(Strict):
    """`always` (seen_within is None), or present when seen within a time."""

    seen_within: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _always(cls, value: Any) -> Any:
        if isinstance(value, str):
            if value != "always":
                raise ValueError("write always, or {seen_within: 7d}")
            return {}
        return value


class PlanPort(Strict):
    """
    One port of a switch: what is behind it, by asset id.

    `spare` ports may be up without a link; behind an `uplink` is other network gear.
    """

    name: Text
    to: tuple[Id, ...] = ()
    spare: bool = False
    uplink: bool = False

    @model_validator(mode="before")
    @classmethod
    def _one_alone(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("to"), str):
            return {**value, "to": [value["to"]]}
        return value

    @model_validator(mode="after")
    def _one_use(self) -> PlanPort:
        if bool(self.to) + self.spare + self.uplink != 1:
            raise ValueError("write to: ASSET, spare: true or uplink: true, one of them")
        return self


class ServerId(Strict):
    """
    What a device answers to Modbus function 17: its id in hex, and whether it runs.

    It is asked only where a device profile says that this is safe.
    """

    id: Annotated[str, StringConstraints(pattern=r"^([0-9a-fA-F]{2}){1,250}$")]
    run: bool | None = None


Percent = Annotated[int, Field(ge=1, le=100, strict=True)]


class AssetExpect(Strict):
    """`snmp_users` are approved accounts; `runtime` is what a UPS must last on its battery."""

    max_clock_offset: Duration | None = None
    server_id: ServerId | None = None
    snmp_users: tuple[Text, ...] = ()
    runtime: Duration | None = None
    max_load: Percent = 90
    max_storage: Percent = 90


class AssetType(Strict):
    """What many assets share; an asset states only what differs."""

    id: Id
    role: Role | None = None
    probing: Probing | None = None
    identity: Identity = Identity()
    firmware: Firmware = Firmware()
    services: tuple[Service, ...] = ()
    every: Duration | None = None
    allow: tuple[Permission, ...] = ()
    link: Link = Link()
    presence: Presence = Presence()
    expect: AssetExpect = AssetExpect()
    safety: bool = False


class Asset(Strict):
    """One device, its type already merged in."""

    id: Id
    type: Id | None = None
    zone: Id
    interfaces: Annotated[tuple[Interface, ...], Field(min_length=1)]
    role: Role = "other"
    probing: Probing = "fragile"
    identity: Identity = Identity()
    firmware: Firmware = Firmware()
    services: tuple[Service, ...] = ()
    every: Duration | None = None
    allow: tuple[Permission, ...] = ()
    link: Link = Link()
    presence: Presence = Presence()
    behind: Id | None = None
    ports: tuple[PlanPort, ...] = ()
    expect: AssetExpect = AssetExpect()
    safety: bool = False

    @property
    def address(self) -> str:
        """The address it is visited at: its first interface's."""
        return self.interfaces[0].address

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(interface.address for interface in self.interfaces)

    def service(self, id: str) -> Service:  # noqa: A002 - the word everybody uses
        """Raises `KeyError` when there is none."""
        for service in self.services:
            if service.id == id:
                return service
        raise KeyError(f"{self.id} has no service {id}")

    def interface_in(self, zone: str) -> Interface | None:
        """Its first interface in a zone."""
        return next((i for i in self.interfaces if i.zone == zone), None)

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        """`address: A` is one interface in the asset's own zone; an interface may omit its zone."""
        if not isinstance(value, dict):
            return value
        value = dict(value)
        if "address" in value:
            if "interfaces" in value:
                raise ValueError("write address or interfaces, one of them")
            value["interfaces"] = [{"address": value.pop("address")}]
        if isinstance(value.get("interfaces"), list | tuple):
            value["interfaces"] = [
                {"zone": value.get("zone"), **i} if isinstance(i, dict) else i
                for i in value["interfaces"]
            ]
        return value


__all__ = ["Asset", "AssetType", "Identity", "Interface", "Port", "Service", "Trust"]
