"""The newest observation of each question: what verdicts about more than one visit rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.check import About
from checks.facts.observation import Observation
from checks.facts.standing import Subject

Question = tuple[str, str, str, str]


class Memory:
    """Keeps one observation per asset, port, vantage and facts type."""

    def __init__(self) -> None:
        self._newest: dict[Question, Observation] = {}

    def remember(self, observations: Iterable[Observation]) -> None:
        for seen in observations:
            key = (seen.asset, seen.port, seen.vantage, seen.facts_type)
            self._newest[key] = seen

    def keep_only(self, assets: Iterable[str]) -> None:
        """Forget assets that are no longer in the inventory."""
        known = set(assets)
        self._newest = {k: o for k, o in self._newest.items() if k[0] in known}

    def __iter__(self) -> Iterator[Observation]:
        return iter(self._newest.values())

    def about(self, subject: Subject, assets: Iterable[str] = ()) -> tuple[Observation, ...]:
        """
        The observations a verdict about this subject may read, oldest first.

        `assets` are those of a zone subject.
        """
        members = frozenset(assets)
        found = (o for o in self._newest.values() if _belongs(o, subject, members))
        return tuple(sorted(found, key=lambda o: (o.finished, o.vantage, o.port)))


def _belongs(seen: Observation, subject: Subject, members: frozenset[str]) -> bool:
    match subject.kind:
        case About.SERVICE:
            return seen.asset == subject.asset and seen.service == subject.service
        case About.ASSET:
            return seen.asset == subject.asset
        case About.CONDUIT:
            return seen.conduit == subject.conduit
        case About.ZONE:
            return seen.asset in members
        case _:
            return True
