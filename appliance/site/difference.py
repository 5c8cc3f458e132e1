"""What changed between two configurations, in lines a person reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from appliance.site.problems import shown


def difference(old: dict[str, Any] | None, new: dict[str, Any]) -> tuple[str, ...]:
    """One line a change, such as `assets.plc-1.probing: fragile -> standard`; empty: no change.

    Plain forms hold references instead of secrets, so no line can show one.
    """
    return tuple(_changes("", old or {}, new))


def _changes(path: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    before, after = _by_name(old), _by_name(new)
    if before is None or after is None:
        yield f"{path}: {_brief(old)} -> {_brief(new)}"
        return
    for name in [*before, *(n for n in after if n not in before)]:
        here = f"{path}.{name}" if path else name
        if name not in after:
            yield f"{here}: removed (was {_brief(before[name])})"
        elif name not in before:
            yield f"{here}: added ({_brief(after[name])})"
        else:
            yield from _changes(here, before[name], after[name])


def _by_name(value: Any) -> dict[str, Any] | None:
    """A map as it is, a list of named things by their names; None for anything else."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value:
        for key in ("id", "port"):
            if all(isinstance(v, dict) and isinstance(v.get(key), str) for v in value):
                named = {v[key]: v for v in value}
                return named if len(named) == len(value) else None
    return {} if value == [] else None


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        parts = [f"{k} {_brief(v)}" for k, v in value.items() if v not in (None, "", [], {})]
        return ", ".join(parts[:6]) + (", ..." if len(parts) > 6 else "")
    if isinstance(value, list):
        return "[" + ", ".join(_brief(v) for v in value) + "]"
    return shown(value).strip("`")
