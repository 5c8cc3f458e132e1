"""Where the runbook speaks of a reason: the same path and anchor in every alert."""

from __future__ import annotations

RUNBOOK = "docs/runbooks.md"


def section(anchor: str) -> str:
    """`anchor` is a reason's token, or the name of a section about the appliance itself."""
    return f"{RUNBOOK}#{anchor}"
