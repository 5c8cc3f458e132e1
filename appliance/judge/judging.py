"""Inputs to verdicts: which checks are due for which subjects, and what each of them says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from appliance.judge.memory import Memory
from appliance.judge.standing import stand
from appliance.site.expected import expected_for
from appliance.site.model import Site
from checks.check import About, Check
from checks.deciding import Inputs, decide
from checks.facts.context import Moment, Own
from checks.facts.expected import Expected
from checks.facts.observation import Facts, Observation
from checks.facts.standing import Standing, StateKey, Subject
from checks.facts.verdict import Verdict

# As a state's own age; the slack is for visits that take longer than a short interval.
AGES = 3
LATE = timedelta(seconds=30)


@dataclass(frozen=True)
class Judged:
    """One verdict, what it rested on, and the state before and after it."""

    key: StateKey
    check: Check
    verdict: Verdict
    inputs: Inputs
    interval_seconds: int
    before: Standing | None
    after: Standing

    @property
    def changed(self) -> bool:
        """Whether the state somebody is told about is another one."""
        return self.before is None or (self.before.state, self.before.reason) != (
            self.after.state,
            self.after.reason,
        )


def subjects(site: Site) -> Iterator[Subject]:
    """Every subject of the site, the widest last."""
    for asset in site.assets:
        for service in asset.services:
            yield Subject("service", zone=asset.zone, asset=asset.id, service=service.id)
        yield Subject("asset", zone=asset.zone, asset=asset.id)
    for conduit in site.conduits:
        yield Subject("conduit", zone=conduit.to_zone, conduit=conduit.id)
    for zone in site.zones:
        yield Subject("zone", zone=zone.id)
    yield Subject("site")


def applicable(site: Site, subject: Subject, checks: Iterable[Check]) -> Iterator[Check]:
    """The checks that ask something of this subject."""
    protocol = None
    if subject.kind == About.SERVICE:
        services = site.asset(subject.asset).services
        protocol = next(s.protocol for s in services if s.id == subject.service)
    for check in checks:
        if check.about != subject.kind:
            continue
        if protocol is None or protocol in check.protocols:
            yield check


def touched(site: Site, visited: str, observations: Iterable[Observation]) -> list[Subject]:
    """The subjects a visit to one asset says something about."""
    asset = site.asset(visited)
    seen = {o.service for o in observations}
    found = [
        Subject("service", zone=asset.zone, asset=asset.id, service=s.id)
        for s in asset.services
        if s.id in seen
    ]
    found.append(Subject("asset", zone=asset.zone, asset=asset.id))
    crossed = {o.conduit for o in observations}
    found += [
        Subject("conduit", zone=c.to_zone, conduit=c.id) for c in site.conduits if c.id in crossed
    ]
    found.append(Subject("zone", zone=asset.zone))
    found.append(Subject("site"))
    return found


@dataclass(frozen=True)
class Judge:
    """
    Judges one visit against everything remembered.

    `interval(subject, facts type)` is how many seconds lie between two looks at such facts.
    """

    site: Site
    checks: tuple[Check, ...]
    interval: Callable[[Subject, type[Facts]], int]
    _expected: dict[Subject, Expected] = field(default_factory=dict, compare=False)

    def visit(
        self,
        visited: str,
        observations: tuple[Observation, ...],
        memory: Memory,
        standings: dict[StateKey, Standing],
        *,
        moment: Moment,
        own: Own,
        visit: str,
    ) -> list[Judged]:
        """New verdicts for every check one of whose questions was asked; changes nothing itself."""
        asked = {o.facts_type for o in observations}
        found = []
        for subject in touched(self.site, visited, observations):
            for check in applicable(self.site, subject, self.checks):
                if check.reads and asked.isdisjoint(kind.__name__ for kind in check.reads):
                    continue
                found.append(self._one(subject, check, memory, standings, moment, own, visit))
        return found

    def _one(
        self,
        subject: Subject,
        check: Check,
        memory: Memory,
        standings: dict[StateKey, Standing],
        moment: Moment,
        own: Own,
        visit: str,
    ) -> Judged:
        key = StateKey(subject, check.id)
        if subject not in self._expected:
            self._expected[subject] = expected_for(self.site, subject)
        expected = self._expected[subject]
        members = expected.zone.assets if expected.zone and subject.kind == About.ZONE else ()
        kinds = {kind.__name__: kind for kind in check.reads}
        relevant = tuple(
            o
            for o in memory.about(subject, members)
            if o.facts_type in kinds and self._in_age(o, kinds[o.facts_type], moment)
        )
        inputs = Inputs(observations=relevant, expected=expected, moment=moment, own=own)
        verdict = decide(check, inputs)
        slowest = max((self.interval(subject, kind) for kind in check.reads), default=0)
        before = standings.get(key)
        seconds = slowest or self.interval(subject, Facts)
        after = stand(before, verdict, at=moment.at, visit=visit, interval_seconds=seconds)
        return Judged(key, check, verdict, inputs, seconds, before, after)

    def _in_age(self, seen: Observation, kind: type[Facts], moment: Moment) -> bool:
        """
        Whether an answer still speaks for now.

        A question that is put no more (its turn never comes, its budget is spent) must not keep a
        verdict young that other questions ask for: what was seen long ago counts as not asked.  So
        does what lies as far in the future, where our own clock was set back since.
        """
        asset = Subject("asset", zone=self.site.asset(seen.asset).zone, asset=seen.asset)
        oldest = AGES * timedelta(seconds=self.interval(asset, kind)) + LATE
        return abs(moment.at - seen.finished) <= oldest
