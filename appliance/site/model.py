"""What should hold: one site, as its configuration has it.  Attributes are named as the YAML keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import Field, StringConstraints, field_validator, model_validator

from appliance.site.assets import Asset, AssetType, Identity, Interface, Service, Text, Trust
from appliance.site.drills import DrillPlan
from appliance.site.logins import Credential, FileReference, SecretReference
from appliance.site.retention import Retention
from appliance.site.scalars import (
    Address,
    ControlHost,
    ControlText,
    Duration,
    Id,
    Port,
    PortText,
    Strict,
    address,
    duration,
)
from appliance.site.zones import Allow, Conduit, ExternalPath, SlT, Zone


class Scope(Strict):
    """What the assessment covers, in the plant's own words."""

    physical: Text = ""
    logical: Text = ""
    equipment: Text = ""
    exclusions: tuple[Text, ...] = ()


class SiteInfo(Strict):
    id: Id
    name: Text = ""
    timezone: str = "UTC"
    laboratory: bool = False
    scope: Scope = Scope()

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("write a time zone of the IANA list, such as Europe/Amsterdam")
        return value


class Vantage(Strict):
    """One source address of the appliance; None: the kernel chooses it."""

    id: Id
    zone: Id
    source: Address | None = None
    kind: Literal["monitor", "plain"] = "monitor"


HostName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")
]


class Web(Strict):
    """
    Where the page is served.  Off this host without TLS only when `without_tls` says so too.

    `names` are further names the page is called by, as a browser or Prometheus writes them.
    `client_ca` signed the certificates its readers must show; a program may send `token` instead,
    as `Authorization: Bearer`, for /metrics and /status.json.
    """

    listen: str = "127.0.0.1:62443"
    names: tuple[HostName, ...] = ()
    certificate: FileReference | None = None
    key: FileReference | None = None
    client_ca: FileReference | None = None
    token: SecretReference | None = None
    without_tls: bool = False

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @field_validator("listen")
    @classmethod
    def _address_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        wildcard = host in ("0.0.0.0", "[::]")  # noqa: S104 - judged below, not bound
        if not wildcard:
            address(host.strip("[]"))
        if not port.isdecimal() or int(port) > 65535:
            raise ValueError("write ADDRESS:PORT, such as 127.0.0.1:62443")
        return value

    @model_validator(mode="after")
    def _guarded(self) -> Web:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("write certificate and key, both or neither")
        local = self.host == "::1" or self.host.startswith("127.")
        if not local and self.certificate is None and not self.without_tls:
            raise ValueError("write certificate and key, or without_tls: true if you mean it")
        if self.client_ca is not None and self.certificate is None:
            raise ValueError(
                "write certificate and key beside client_ca: a reader shows his own over TLS only"
            )
        if self.token is not None and self.client_ca is None:
            raise ValueError(
                "write client_ca beside token, or leave token out: without client_ca whoever "
                "reaches the page needs no token"
            )
        return self


class Appliance(Strict):
    id: Id
    state_dir: Annotated[str, StringConstraints(pattern=r"^/")] = "/var/lib/upheld"
    vantages: Annotated[tuple[Vantage, ...], Field(min_length=1)]
    control: tuple[ControlText, ...] = ()
    web: Web = Web()

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        """`vantage: ZONE` is one monitor vantage there, with the kernel's source address."""
        if not isinstance(value, dict) or "vantage" not in value:
            return value
        if "vantages" in value:
            raise ValueError("write vantage or vantages, one of them")
        rest = {k: v for k, v in value.items() if k != "vantage"}
        zone = value["vantage"]
        return {**rest, "vantages": [{"id": zone, "zone": zone, "kind": "monitor"}]}


class Limits(Strict):
    certificate_expiry_warning: Duration = duration("30d")
    max_clock_offset: Duration = duration("10s")
    max_session_timeout: Duration = duration("1h")
    coverage: Annotated[int, Field(ge=1, le=100, strict=True)] = 90
    login_notice: tuple[Text, ...] = ()
    log_collectors: tuple[Address, ...] = ()
    time_servers: tuple[Address, ...] = ()


class Person(Strict):
    id: Id
    role: Text = ""
    phone: Text = ""
    ssh_key: Annotated[str, StringConstraints(pattern=r"^(ssh|ecdsa|sk)-")] | None = None


class Mqtt(Strict):
    broker: Annotated[str, StringConstraints(pattern=r"^mqtts?://[^/@\s]+$")]
    ca: FileReference | None = None
    certificate: FileReference | None = None
    key: FileReference | None = None
    credential: Id | None = None


class Soc(Strict):
    address: Annotated[str, StringConstraints(pattern=r"^(tls|tcp|udp)://[^/@\s]+$")]
    format: Literal["cef"] = "cef"
    ca: FileReference | None = None
    certificate: FileReference | None = None
    key: FileReference | None = None


AnchorUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^/@\s]+(/[^@\s?#]*)?$")]


class Outlets(Strict):
    mqtt: Mqtt | None = None
    soc: tuple[Soc, ...] = ()


class WitnessAnchor(Strict):
    """A C2SP witness; `key` is its vkey, `ca` who signed its server's certificate."""

    id: Id
    kind: Literal["witness"]
    url: AnchorUrl
    key: Annotated[
        str, StringConstraints(pattern=r"^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,}={0,2}$")
    ]
    ca: FileReference | None = None
    every: Duration = duration("5m")


class TsaAnchor(Strict):
    """An RFC 3161 time-stamping authority; `roots` are the certificates its stamps rest on."""

    id: Id
    kind: Literal["tsa"]
    url: AnchorUrl
    roots: FileReference
    ca: FileReference | None = None
    every: Duration = duration("24h")


Anchor = Annotated[WitnessAnchor | TsaAnchor, Field(discriminator="kind")]


class Metrics(Strict):
    states: Literal["all", "current"] = "all"


class Site(Strict):
    """A whole configuration.  References are checked by `appliance.site.loading`."""

    site: SiteInfo
    appliance: Appliance
    external_paths: tuple[ExternalPath, ...] = ()
    zones: Annotated[tuple[Zone, ...], Field(min_length=1)]
    conduits: tuple[Conduit, ...] = ()
    credentials: tuple[Credential, ...] = ()
    types: tuple[AssetType, ...] = ()
    assets: tuple[Asset, ...] = ()
    limits: Limits = Limits()
    closed_ports: tuple[PortText, ...] = ()
    people: tuple[Person, ...] = ()
    outlets: Outlets = Outlets()
    anchors: tuple[Anchor, ...] = ()
    metrics: Metrics = Metrics()
    drill: DrillPlan = DrillPlan()
    evidence: Retention = Retention()

    def zone(self, id: str) -> Zone:  # noqa: A002 - the word everybody uses
        """Raises `KeyError`, as the four below do."""
        return self._zones[id]

    def asset(self, id: str) -> Asset:  # noqa: A002
        return self._assets[id]

    def credential(self, id: str) -> Credential:  # noqa: A002
        return self._credentials[id]

    def vantage(self, id: str) -> Vantage:  # noqa: A002
        return self._vantages[id]

    def conduit(self, from_zone: str, to_zone: str) -> Conduit | None:
        """The conduit between two zones in this direction; None when there is none."""
        return self._conduits.get((from_zone, to_zone))

    @cached_property
    def _zones(self) -> dict[str, Zone]:
        return {z.id: z for z in self.zones}

    @cached_property
    def _assets(self) -> dict[str, Asset]:
        return {a.id: a for a in self.assets}

    @cached_property
    def _credentials(self) -> dict[str, Credential]:
        return {c.id: c for c in self.credentials}

    @cached_property
    def _vantages(self) -> dict[str, Vantage]:
        return {v.id: v for v in self.appliance.vantages}

    @cached_property
    def _conduits(self) -> dict[tuple[str, str], Conduit]:
        return {(c.from_zone, c.to_zone): c for c in self.conduits}

    @field_validator("anchors")
    @classmethod
    def _outlets_anchor_too(cls, value: tuple[Anchor, ...]) -> tuple[Anchor, ...]:
        for anchor in value:
            if anchor.id == "mqtt" or re.fullmatch("soc-[0-9]+", anchor.id):
                raise ValueError(f"write another id: {anchor.id} is the outlet's own anchor")
        return value

    @model_validator(mode="before")
    @classmethod
    def _types(cls, value: Any) -> Any:
        return with_types(value)


def with_types(value: Any) -> Any:
    """A plain configuration whose assets have their types merged in; the asset's word wins.

    Maps are merged per key; anything else the asset states replaces what its type says.
    """
    if not isinstance(value, dict) or not isinstance(value.get("assets"), list):
        return value
    types = {
        t["id"]: t
        for t in value.get("types") or ()
        if isinstance(t, dict) and isinstance(t.get("id"), str)
    }
    return {**value, "assets": [_with_type(asset, types) for asset in value["assets"]]}


def _with_type(asset: Any, types: dict[str, Any]) -> Any:
    if not isinstance(asset, dict) or not isinstance(asset.get("type"), str):
        return asset
    shared = {k: v for k, v in types.get(asset["type"], {}).items() if k != "id"}
    return _merged(shared, asset)


def _merged(under: Mapping[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            value = _merged(below, value)  # noqa: PLW2901 - the two words become one
        merged[key] = value
    return merged


__all__ = [
    "Allow", "Anchor", "Appliance", "Asset", "AssetType", "Conduit", "ControlHost", "Credential",
    "Identity", "Interface", "Limits", "Mqtt", "Outlets", "Port", "SecretReference", "Service",
    "Site", "SlT", "Soc", "Trust", "Vantage", "Zone",
]  # fmt: skip
