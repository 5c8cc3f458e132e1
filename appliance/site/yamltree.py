"""
YAML files as one tree that remembers where every value stands.

Only true, false, null and plain whole numbers are read as such; everything else is text, so that
firmware 2.10, a MAC address or a serial with a leading zero stay what was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from appliance.site.problems import Problem

_MOST_VALUES = 2_000_000
_NULL, _BOOL, _INT, _STR = (f"tag:yaml.org,2002:{t}" for t in ("null", "bool", "int", "str"))


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the library's own form


_Loader.add_implicit_resolver(_NULL, re.compile(r"^(~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver(_BOOL, re.compile(r"^(true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver(_INT, re.compile(r"^-?(0|[1-9][0-9]{0,17})$"), list("-0123456789"))


@dataclass(frozen=True)
class Tree:
    """`value` is a dict of trees, a list of trees, or a scalar; `keys` the lines of a dict's keys."""

    value: Any
    file: str
    line: int
    keys: Mapping[str, tuple[str, int]]

    def get(self, key: str) -> Tree | None:
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found if isinstance(found, Tree) else None

    def items(self, *path: str) -> Iterator[Tree]:
        """The items of the list at a path; nothing when there is no list."""
        here: Tree | None = self
        for key in path:
            here = here.get(key) if here else None
        if here and isinstance(here.value, list):
            yield from here.value

    def text(self, key: str) -> str | None:
        """The text at a key, when it is a text."""
        found = self.get(key)
        return found.value if found and isinstance(found.value, str) else None

    def problem(self, found: str, write: str) -> Problem:
        return Problem(self.file, self.line, found, write)

    def plain(self) -> Any:
        if isinstance(self.value, dict):
            return {k: v.plain() for k, v in self.value.items()}
        if isinstance(self.value, list):
            return [v.plain() for v in self.value]
        return self.value


class _Reader:
    def __init__(self, file: str) -> None:
        self.file, self.problems, self.count = file, list[Problem](), 0
        self.open: set[int] = set()

    def tree(self, node: yaml.Node) -> Tree:
        line = node.start_mark.line + 1
        self.count += 1
        if self.count > _MOST_VALUES or id(node) in self.open:
            raise _TooMuch(line)
        if isinstance(node, yaml.ScalarNode):
            return Tree(self.scalar(node, line), self.file, line, {})
        self.open.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            tree = Tree([self.tree(n) for n in node.value], self.file, line, {})
        else:
            tree = self.mapping(node, line)
        self.open.discard(id(node))
        return tree

    def mapping(self, node: yaml.Node, line: int) -> Tree:
        values: dict[str, Tree] = {}
        keys: dict[str, tuple[str, int]] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(Problem(self.file, at, "a key that is no text", "a plain key"))
            elif key.value in values:
                twice = f"`{key.value}` a second time (first in line {keys[key.value][1]})"
                self.problems.append(Problem(self.file, at, twice, "it once"))
            else:
                values[key.value], keys[key.value] = self.tree(value), (self.file, at)
        return Tree(values, self.file, line, keys)

    def scalar(self, node: yaml.ScalarNode, line: int) -> Any:
        match node.tag:
            case t if t == _NULL:
                return None
            case t if t == _BOOL:
                return node.value == "true"
            case t if t == _INT:
                return int(node.value)
            case t if t != _STR:
                self.problems.append(
                    Problem(self.file, line, f"the tag {node.tag}", "the value without a tag")
                )
        return node.value


class _TooMuch(Exception):
    def __init__(self, line: int) -> None:
        self.line = line


def read(path: Path, name: str) -> tuple[Tree | None, list[Problem]]:
    """One file as a tree (None when it is empty or unreadable), and what is wrong with it."""
    reader = _Reader(name)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
        tree = reader.tree(node) if node is not None else None
    except OSError as error:
        return None, [Problem(name, 0, f"a file that cannot be read ({error.strerror})", "a file")]
    except UnicodeDecodeError:
        return None, [Problem(name, 0, "bytes that are not UTF-8", "the file as UTF-8 text")]
    except _TooMuch as error:
        what = "an alias that refers to itself, or expands to millions of values"
        return None, [Problem(name, error.line, what, "the values themselves")]
    except RecursionError:
        return None, [Problem(name, 0, "lists or maps nested too deeply", "a flat configuration")]
    except yaml.YAMLError as error:
        return None, [_broken(name, error)]
    if tree is not None and tree.value is None:
        return None, reader.problems
    return tree, reader.problems


def _broken(name: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "no YAML"
    column = f" (column {mark.column + 1})" if mark else ""
    line = mark.line + 1 if mark else 0
    return Problem(name, line, f"what is no YAML: {said}{column}", "valid YAML there")


def merge(under: Tree, over: Tree, problems: list[Problem], path: str = "") -> Tree:
    """Two trees as one: lists joined, maps merged per key; a scalar stated twice is a problem."""
    if isinstance(under.value, dict) and isinstance(over.value, dict):
        values = dict(under.value)
        for key, value in over.value.items():
            here = f"{path}.{key}" if path else key
            values[key] = merge(values[key], value, problems, here) if key in values else value
        return Tree(values, under.file, under.line, {**over.keys, **under.keys})
    if isinstance(under.value, list) and isinstance(over.value, list):
        return Tree(under.value + over.value, under.file, under.line, {})
    first = f"(first in {under.file}:{under.line})"
    problems.append(over.problem(f"`{path}` a second time {first}", "it in one place"))
    return under


def locate(tree: Tree, path: tuple[str | int, ...]) -> tuple[Tree, int]:
    """The deepest tree on a path, and how many steps of the path it took."""
    for depth, step in enumerate(path):
        value = tree.value
        in_map = isinstance(value, dict) and step in value
        in_list = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if not in_map and not in_list:
            return tree, depth
        tree = value[step]
    return tree, len(path)
