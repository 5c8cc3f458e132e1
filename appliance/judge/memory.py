"""The newest observation of each question: what verdicts about more than one visit rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.check import About
from checks.facts.observation import Observation
from checks.facts.standing import Subject

Question = tuple[str, str, str]


class Memory:
    """Keeps one observation per asset, port, vantage and facts type."""

    def __init__(self) -> None:
        self._newest: dict[str, dict[Question, Observation]] = {}

    def remember(self, observations: Iterable[Observation]) -> None:
        for seen in observations:
            of_asset = self._newest.setdefault(seen.asset, {})
            of_asset[seen.port, seen.vantage, seen.facts_type] = seen

    def keep_only(self, assets: Iterable[str]) -> None:
        """Forget assets that are no longer in the inventory."""
        known = set(assets)
        self._newest = {asset: o for asset, o in self._newest.items() if asset in known}

    def forget(self, asset: str) -> None:
        self._newest.pop(asset, None)

    def __iter__(self) -> Iterator[Observation]:
        return (o for asset in self._newest for o in self.of(asset))

    def of(self, asset: str) -> Iterable[Observation]:
        """What is remembered of one asset, in no order."""
        return self._newest.get(asset, {}).values()

    def about(self, subject: Subject, assets: Iterable[str] = ()) -> tuple[Observation, ...]:
        """
        The observations a verdict about this subject may read, oldest first.

        `assets` are those of a zone subject.
        """
        found = (o for asset in self._among(subject, assets) for o in self.of(asset))
        belongs = (o for o in found if _belongs(o, subject))
        return tuple(sorted(belongs, key=lambda o: (o.finished, o.vantage, o.port)))

    def _among(self, subject: Subject, assets: Iterable[str]) -> Iterable[str]:
        match subject.kind:
            case About.SERVICE | About.ASSET:
                return (subject.asset,)
            case About.ZONE:
                return dict.fromkeys(assets)
            case _:
                return self._newest


def _belongs(seen: Observation, subject: Subject) -> bool:
    match subject.kind:
        case About.SERVICE:
            return seen.service == subject.service
        case About.CONDUIT:
            return seen.conduit == subject.conduit
        case _:
            return True
