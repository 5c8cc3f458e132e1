"""Device profiles: where a family of devices says who it is, and which settings are worth checking."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from appliance.site.problems import Problem, SiteError
from appliance.site.scalars import Id, Strict
from appliance.site.yamltree import Tree, locate, read
from collectors import snmp_profile as plain

Oid = Annotated[str, StringConstraints(pattern=r"^[0-2](\.(0|[1-9][0-9]{0,9})){1,127}$")]
Below = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*$")]
Line = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200)]


def _compiles(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"write a regular expression ({error})") from None
    return value


Regex = Annotated[Line, AfterValidator(_compiles)]


class Place(Strict):
    """An OID with its instance, or arcs below the device's own sysObjectID; `regex` has one group."""

    oid: Oid | None = None
    below: Below | None = None
    regex: Regex | None = None

    @model_validator(mode="before")
    @classmethod
    def _oid_alone(cls, value: Any) -> Any:
        return {"oid": value} if isinstance(value, str) else value

    @field_validator("regex")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        if value is not None and re.compile(value).groups != 1:
            raise ValueError("write a regular expression with one (group): the text it finds")
        return value

    @model_validator(mode="after")
    def _one(self) -> Place:
        if (self.oid is None) == (self.below is None):
            raise ValueError("write oid or below, one of them")
        return self


Control = Literal[
    "mgmt-plane-hardened", "config-saved", "snmp-write-access-absent", "port-authentication-on",
]  # fmt: skip
"""The checks that judge vendor settings."""
Places = tuple[Place, ...]


class Match(Strict):
    """
    How the family is known.  `sys_object_id` are prefixes by whole arcs, `sys_descr` is searched.

    The last three are for other protocols than SNMP.
    """

    sys_object_id: tuple[Oid, ...] = ()
    sys_descr: Regex | None = None
    opcua_uri: tuple[Regex, ...] = ()
    modbus: tuple[Regex, ...] = ()
    banner: tuple[Regex, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> Match:
        if not any(getattr(self, key) for key in type(self).model_fields):
            raise ValueError("write sys_object_id or another way to know the family")
        return self


class Part(Strict):
    """One program of the device; `judged: false` for what does not run, such as a boot loader."""

    part: Line
    at: Annotated[Places, Field(min_length=1)]
    judged: bool = True


class Switch(Strict):
    """A setting at an OID: what its numbers are called, which are right, and who judges it."""

    name: Line
    oid: Oid
    words: Annotated[dict[Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,9}$")], Line],
                     Field(min_length=1)]  # fmt: skip
    wanted: Annotated[tuple[Line, ...], Field(min_length=1)]
    control: Control

    @model_validator(mode="after")
    def _known(self) -> Switch:
        if strange := set(self.wanted) - set(self.words.values()):
            raise ValueError(f"write in wanted only words of words, not {min(strange)}")
        return self


class Changes(Strict):
    changed: Oid | None = None
    saved: Oid | None = None
    fingerprint: Oid | None = None
    saved_fingerprint: Oid | None = None


class Modbus(Strict):
    """
    What may be asked of the family over Modbus beside its identification.

    `id_octets`: how many octets of the answer to function 17 are the id; behind them it says
    whether it runs.
    """

    report_server_id: bool = False
    id_octets: Annotated[int, Field(ge=1, le=200, strict=True)] = 1


class Profile(Strict):
    """One family.  What it does not state is not found; `source` says who says so."""

    id: Id
    vendor: Line
    match: Match
    product: Places = ()
    order_number: Places = ()
    firmware: tuple[Part, ...] = ()
    serial: Places = ()
    switches: tuple[Switch, ...] = ()
    changes: Changes = Changes()
    modbus: Modbus = Modbus()
    time_servers: tuple[Oid, ...] = ()
    log_targets: tuple[Oid, ...] = ()
    source: Line

    @model_validator(mode="after")
    def _known_by_modbus(self) -> Profile:
        if self.modbus.report_server_id and not self.match.modbus:
            raise ValueError("write match: modbus as well, or the family is never known by it")
        return self

    def plain(self) -> plain.Profile:
        """As collectors take it."""
        return plain.Profile(
            id=self.id,
            vendor=self.vendor,
            object_ids=self.match.sys_object_id,
            descr=self.match.sys_descr or "",
            product=_places(self.product),
            order_number=_places(self.order_number),
            serial=_places(self.serial),
            firmware=tuple(plain.Part(p.part, _places(p.at), p.judged) for p in self.firmware),
            switches=tuple(
                plain.Switch(
                    s.name, s.oid, {int(k): v for k, v in s.words.items()}, s.wanted, s.control
                )
                for s in self.switches
            ),
            changes=plain.Changes(
                **{k: v for k, v in self.changes.model_dump().items() if v is not None}
            ),
            time_servers=self.time_servers,
            log_targets=self.log_targets,
            modbus=self.match.modbus,
            server_id_octets=self.modbus.id_octets if self.modbus.report_server_id else None,
        )


def _places(stated: Places) -> tuple[plain.Place, ...]:
    return tuple(plain.Place(p.oid or "", p.below or "", p.regex or "") for p in stated)


def profiles(directory: Path | None = None) -> tuple[Profile, ...]:
    """
    The profiles that ship, and those in the `profiles/` of a site's directory, which win by id.

    Raises `SiteError` for a file that does not hold, and for two profiles that match alike.
    """
    found = _folder(Path(str(files("appliance.site") / "profiles")))
    if directory is not None:
        found |= _folder(directory / "profiles")
    _told_apart(found.values())
    return tuple(profile for profile, _ in (found[name] for name in sorted(found)))


def firmware_oids(directory: Path | None = None) -> Mapping[str, str]:
    """sysObjectID prefix to the OID (instance included) that is the firmware version."""
    found: dict[str, str] = {}
    for profile in profiles(directory):
        first = next((p.at[0] for p in profile.firmware if p.judged), None)
        if first is None or first.oid is None or first.regex or profile.match.sys_descr:
            continue
        found |= dict.fromkeys(profile.match.sys_object_id, first.oid)
    return found


def firmware_oid(sys_object_id: str, oids: Mapping[str, str]) -> str | None:
    """The OID of the longest prefix that fits, by whole arcs."""
    arcs = re.sub(r"^\.", "", sys_object_id).split(".")
    for length in range(len(arcs), 0, -1):
        if (found := oids.get(".".join(arcs[:length]))) is not None:
            return found
    return None


_Found = dict[str, tuple[Profile, Tree]]


def _folder(folder: Path) -> _Found:
    problems: list[Problem] = []
    found: _Found = {}
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        tree, wrong = read(path, f"profiles/{path.name}")
        problems += wrong
        for item in tree.items("profiles") if tree else ():
            _add(item, found, problems)
        if tree is not None and (
            not isinstance(tree.value, dict) or set(tree.value) != {"profiles"}
        ):
            problems.append(tree.problem("something besides profiles:", "profiles: and a list"))
    if problems:
        raise SiteError(problems)
    return found


def _add(item: Tree, found: _Found, problems: list[Problem]) -> None:
    try:
        profile = Profile.model_validate(item.plain())
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            place, _ = locate(item, detail["loc"])
            key = ".".join(str(step) for step in detail["loc"]) or "the profile"
            what = detail["msg"].removeprefix("Value error, ").removeprefix("write ")
            problems.append(place.problem(f"{key} as no profile has it", what))
        return
    if profile.id in found:
        problems.append(item.problem(f"profile `{profile.id}` a second time", "another id"))
    found[profile.id] = profile, item


def _told_apart(found: Iterable[tuple[Profile, Tree]]) -> None:
    """Two profiles that match alike would leave every such device without one."""
    problems: list[Problem] = []
    owners: dict[tuple[str, bool, str | None], str] = {}
    for profile, item in found:
        match = profile.match
        for prefix in match.sys_object_id or ("",):
            key = (prefix, bool(match.sys_descr), match.sys_descr)
            if (prefix or match.sys_descr) and key in owners:
                what = f"profile `{profile.id}` that matches what `{owners[key]}` does"
                problems.append(item.problem(what, f"the id {owners[key]} to take its place"))
            owners.setdefault(key, profile.id)
    if problems:
        raise SiteError(problems)
