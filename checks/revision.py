"""Which text of a check gave a verdict: a digest that changes when its meaning may have."""

from __future__ import annotations

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path

from checks.check import Check

_HERE = Path(__file__).parent
_ALWAYS = ("check.py", "deciding.py")


def revision(check: Check) -> str:
    """
    `sha256:` and hex: over the check's source, the readings it shares with others, the deciding
    rules and every facts type.

    Raises `OSError` when a source file cannot be read.
    """
    return _revision(check.module)


@cache
def _revision(module: str) -> str:
    total = sha256()
    for path in sources(module):
        content = path.read_bytes()
        total.update(f"{path.relative_to(_HERE).as_posix()} {len(content)}\n".encode())
        total.update(content)
    return "sha256:" + total.hexdigest()


def sources(module: str) -> list[Path]:
    """The files a check's meaning rests on, in a fixed order."""
    own = _HERE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    shared = {_HERE / name for name in _ALWAYS} | set((_HERE / "facts").glob("*.py"))
    return [own, *sorted(shared | _shared(own))]


def _shared(path: Path) -> set[Path]:
    """The modules of `checks/` itself that a check takes readings from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.count(".") == 1:
            candidate = _HERE / f"{node.module.partition('.')[2]}.py"
            if node.module.startswith("checks.") and candidate.is_file():
                found.add(candidate)
    return found
