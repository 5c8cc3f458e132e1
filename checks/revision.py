"""
Which text of a check gave a verdict: a digest that changes when its meaning may have.

The digest is that of a list of files with their digests, so that it leads to the text itself: who
keeps what `sources_of` gives can judge again years later, with nothing of ours installed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from checks.check import Check
from checks.facts.codec import canonical

_HERE = Path(__file__).parent
_ALWAYS = ("check.py", "deciding.py")


def revision(check: Check) -> str:
    """
    `sha256:` and hex: over the check's source, every module of ours it rests on, the deciding
    rules and every facts type.

    Raises `OSError` when a source file cannot be read.
    """
    return next(iter(sources_of(check)))


def sources_of(check: Check) -> Mapping[str, bytes]:
    """
    All it takes to run this revision again, by digest; the first is the revision itself.

    The revision's own text is canonical JSON: {"module", "files": {path below checks/: digest}}.
    """
    return _sources_of(check.module)


@cache
def _sources_of(module: str) -> Mapping[str, bytes]:
    files = {p.relative_to(_HERE).as_posix(): p.read_bytes() for p in sources(module)}
    named = {path: _digest(text) for path, text in files.items()}
    listing = canonical({"module": module, "files": named})
    return {_digest(listing): listing} | {named[path]: text for path, text in files.items()}


def sources(module: str) -> list[Path]:
    """The files a check's meaning rests on, its own first, in a fixed order."""
    own = _file(module)
    assert own is not None
    left = [own, *(_HERE / name for name in _ALWAYS), *(_HERE / "facts").glob("*.py")]
    found: set[Path] = set()
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += _imports(path)
    return [own, *sorted(found - {own})]


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    return tuple(file for name in _names(path) if (file := _file(name)) is not None)


def _names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def _file(module: str) -> Path | None:
    """The file of a module of `checks/`; None for the standard library and for packages."""
    first, *rest = module.split(".")
    if first != "checks" or not rest:
        return None
    path = _HERE.joinpath(*rest).with_suffix(".py")
    return path if path.is_file() else None


def _digest(data: bytes) -> str:
    return "sha256:" + sha256(data).hexdigest()
