"""Observations and contexts as they stood when they were judged, out of entries and contents."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_type_hints

from checks.facts.codec import build, join
from checks.facts.context import Own
from checks.facts.observation import Observation

_HINTS = get_type_hints(Observation)
_APART = ("facts", "readings")


class Recorded:
    """Reads contents by digest and remembers the newest few of them."""

    def __init__(self, content: Callable[[str], bytes | None]) -> None:
        self._content = content
        self._values: dict[str, Any] = {}

    def observation(self, row: Mapping[str, Any], visit: str) -> Observation | None:
        """None for what this program does not understand, or whose facts are gone."""
        try:
            fields = {n: build(_HINTS[n], v) for n, v in row.items() if n not in _APART}
            facts = None
            if "facts" in row:
                facts = join(row["facts_type"], self.value(row["facts"]), row["readings"])
            return Observation(visit=visit, facts=facts, **fields)
        except (LookupError, TypeError, ValueError):
            return None

    def own(self, row: Mapping[str, Any]) -> Own:
        try:
            return build(Own, self.value(row["own"])) if "own" in row else Own()
        except (LookupError, TypeError, ValueError):
            return Own()

    def value(self, digest: str) -> Any:
        """Raises `LookupError` for a content the ledger does not hold."""
        if digest not in self._values:
            body = self._content(digest)
            if body is None:
                raise LookupError(digest)
            if len(self._values) > 4_096:
                self._values.clear()
            self._values[digest] = json.loads(body)
        return self._values[digest]


def belonging(seen: Observation, services: frozenset[str]) -> Observation:
    """The same look, at a service where this inventory declares one at that port."""
    return replace(seen, service=seen.port if seen.port in services else None)
