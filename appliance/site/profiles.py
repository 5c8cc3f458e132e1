"""Device profiles: where a family of network devices keeps its firmware version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints, ValidationError

from appliance.site.problems import Problem, SiteError
from appliance.site.scalars import Id, Strict
from appliance.site.yamltree import Tree, read

Oid = Annotated[str, StringConstraints(pattern=r"^[0-2](\.(0|[1-9][0-9]*)){2,}$")]


class Profile(Strict):
    """`sys_object_id` is the prefix of the family; no `firmware`: ENTITY-MIB has to do."""

    id: Id
    vendor: str
    family: str
    sys_object_id: Oid
    firmware: Oid | None = None
    source: str


def profiles(directory: Path | None = None) -> tuple[Profile, ...]:
    """
    The profiles that ship, and those in a site's own `profiles/`, which win by id.

    Raises `SiteError` for a file that does not hold.
    """
    found = _folder(Path(str(files("appliance.site") / "profiles")))
    if directory is not None:
        found |= _folder(directory / "profiles")
    return tuple(found[name] for name in sorted(found))


def firmware_oids(directory: Path | None = None) -> Mapping[str, str]:
    """sysObjectID prefix to the OID (instance included) of the firmware version."""
    return {p.sys_object_id: p.firmware for p in profiles(directory) if p.firmware}


def firmware_oid(sys_object_id: str, oids: Mapping[str, str]) -> str | None:
    """The OID of the longest prefix that fits, by whole arcs."""
    arcs = re.sub(r"^\.", "", sys_object_id).split(".")
    for length in range(len(arcs), 0, -1):
        if (found := oids.get(".".join(arcs[:length]))) is not None:
            return found
    return None


def _folder(folder: Path) -> dict[str, Profile]:
    problems: list[Problem] = []
    found: dict[str, Profile] = {}
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


def _add(item: Tree, found: dict[str, Profile], problems: list[Problem]) -> None:
    try:
        profile = Profile.model_validate(item.plain())
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            key = ".".join(str(step) for step in detail["loc"])
            problems.append(item.problem(f"{key}: {detail['msg']}", "a profile as those that ship"))
        return
    if profile.id in found:
        problems.append(item.problem(f"profile `{profile.id}` a second time", "another id"))
    found[profile.id] = profile
