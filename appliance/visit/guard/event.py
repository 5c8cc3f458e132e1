"""What a part of the guard wants written down and told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """`kind` is a stable token, `subject` the address, asset or scope, `said` one sentence."""

    kind: str
    subject: str
    said: str
