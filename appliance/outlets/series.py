"""The words of Prometheus's text format: families, series, labels."""

from __future__ import annotations

from collections.abc import Iterable


def family(name: str, says: str, series: Iterable[tuple[str, str]], *, kind: str = "gauge") -> str:
    lines = "".join(
        f"{name}{{{labels}}} {value}\n" if labels else f"{name} {value}\n"
        for labels, value in series
    )
    return head(name, says, kind=kind) + lines if lines else ""


def head(name: str, says: str, *, kind: str = "gauge") -> str:
    return f"# HELP {name} {says}\n# TYPE {name} {kind}\n"


def labels(**named: str) -> str:
    return ",".join(f'{name}="{_quoted(value)}"' for name, value in named.items())


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
