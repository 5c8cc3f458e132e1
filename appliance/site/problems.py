"""What is wrong with a configuration, where, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake.  `line` counts from 1; 0 where there is no line to point at."""

    file: str
    line: int
    found: str
    write: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: found {self.found}; write {self.write}"


class SiteError(Exception):
    """The configuration does not hold; `problems` has all of it, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(p) for p in self.problems))


def choices(found: str, possible: Iterable[str]) -> str:
    """What to write instead of a name that does not exist: the nearest one, else the list."""
    names = sorted(set(possible))
    if not names:
        return "no such name: there is none yet"
    if near := difflib.get_close_matches(found, names, n=1, cutoff=0.6):
        return f"`{near[0]}`"
    if len(names) == 1:
        return f"`{names[0]}`"
    listed = ", ".join(names[:20])
    return f"one of {listed}" + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def shown(value: object) -> str:
    """A value as an error quotes it: short, on one line, without the login of a URL."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    if "://" in text and "@" in text:
        scheme, _, rest = text.partition("://")
        text = f"{scheme}://...@{rest.rpartition('@')[2]}"
    text = text if text.isprintable() else repr(text)[1:-1]
    return f"`{text[:60]}...`" if len(text) > 60 else f"`{text}`"
