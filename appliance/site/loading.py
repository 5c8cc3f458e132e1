"""A configuration directory to a checked site, or to everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from appliance.site import references, unreachable
from appliance.site.difference import difference
from appliance.site.explaining import explain
from appliance.site.model import Appliance, Site
from appliance.site.problems import Problem, SiteError, shown
from appliance.site.yamltree import Tree, merge, read
from checks.facts.codec import digest

APART = ("records", "profiles")
"""Folders of a site that are no part of it: dated entries, and device profiles."""


@dataclass(frozen=True)
class Loaded:
    """A site, its plain form (JSON's types, references instead of secrets) and that form's digest."""

    site: Site
    digest: str
    plain: dict[str, Any]


def load(directory: Path) -> Loaded:
    """Raises `SiteError` with every problem there is, never anything else."""
    problems: list[Problem] = []
    root = _read(directory, problems)
    if root is None:
        raise SiteError(problems)
    problems += references.problems(root)
    problems += unreachable.problems(root)
    try:
        site = Site.model_validate(root.plain(), by_alias=True, by_name=False)
    except ValidationError as error:
        raise SiteError([*problems, *explain(error, root)]) from None
    if problems:
        raise SiteError(problems)
    plain = plain_of(site)
    return Loaded(site, digest(plain), plain)


def state_dir_of(directory: Path) -> Path:
    """
    Where the state of this site is, though the configuration may have mistakes elsewhere.

    Raises `SiteError` when not even that can be read.
    """
    problems: list[Problem] = []
    root = _read(directory, problems)
    appliance = root.get("appliance") if root else None
    if appliance is None:
        raise SiteError(problems or [Problem(str(directory), 0, "no `appliance`", "appliance:")])
    stated = appliance.text("state_dir")
    if stated is not None and not stated.startswith("/"):
        what = f"state_dir: {shown(stated)}"
        raise SiteError([appliance.problem(what, "an absolute path, such as /var/lib/upheld")])
    return Path(stated or Appliance.model_fields["state_dir"].default)


def plain_of(site: Site) -> dict[str, Any]:
    """A site as JSON's types; lists of things with ids stand in the order of their ids."""
    return {
        key: sorted(value, key=lambda item: item["id"]) if _have_ids(value) else value
        for key, value in site.model_dump(mode="json", by_alias=True).items()
    }


def _have_ids(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, dict) and "id" in v for v in value)


def _read(directory: Path, problems: list[Problem]) -> Tree | None:
    """All files of the site as one tree; None (and a problem) when there is nothing to check."""
    if not directory.is_dir():
        what = "a file" if directory.exists() else "no such directory"
        problems.append(Problem(str(directory), 0, what, "the directory of a site's *.yaml files"))
        return None
    root: Tree | None = None
    for path in _files(directory, problems):
        name = path.relative_to(directory).as_posix()
        tree, wrong = read(path, name)
        problems += wrong
        if tree is None:
            continue
        if not isinstance(tree.value, dict):
            problems.append(tree.problem("a file that is no map", "keys such as zones: or assets:"))
            continue
        root = tree if root is None else merge(root, tree, problems)
    if root is None and not problems:
        what = "no *.yaml file with anything in it"
        problems.append(Problem(str(directory), 0, what, "one with `upheld config init`"))
    return root


def _files(directory: Path, problems: list[Problem]) -> list[Path]:
    found = []
    for path in sorted(_below(directory, problems)):
        name = path.relative_to(directory)
        if name.parts[0] in APART or any(part.startswith(".") for part in name.parts):
            continue
        if path.suffix == ".yml":
            # Left out in silence it would take its assets with it.
            problems.append(Problem(name.as_posix(), 0, "the ending .yml", "the ending .yaml"))
        elif path.suffix == ".yaml" and not path.is_dir():
            found.append(path)
    return found


def _below(directory: Path, problems: list[Problem]) -> Iterator[Path]:
    """Every y(a)ml file; a folder that cannot be read must not take its assets with it."""

    def unreadable(error: OSError) -> None:
        what = f"a folder that cannot be read ({(error.strerror or str(error)).lower()})"
        problems.append(Problem(str(error.filename), 0, what, "one this user may read"))

    for folder, _, names in os.walk(directory, onerror=unreadable):
        for name in names:
            if fnmatch(name, "*.y*ml"):
                yield Path(folder, name)


__all__ = ["Loaded", "Problem", "SiteError", "difference", "load", "plain_of", "state_dir_of"]
