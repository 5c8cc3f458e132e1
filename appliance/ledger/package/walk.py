"""The whole ledger once, from its oldest log's first entry to the period's last: what a package is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from appliance.judge.replaying import Replay
from appliance.judge.standing import aged
from appliance.ledger.errors import LedgerError
from appliance.ledger.package.choice import Choice
from appliance.ledger.package.history import History
from appliance.ledger.package.logs import Logs
from appliance.ledger.package.masking import Mask
from appliance.ledger.package.runs import Runs
from appliance.ledger.package.span import Span, decoded
from appliance.site.model import Site
from checks import BY_ID
from checks.facts.codec import build
from checks.facts.standing import StateKey, Subject

Entry = tuple[int, dict[str, Any]]
MOST_DIFFERING = 1_000


@dataclass
class ClockStretch:
    """`verdicts` entries one after another with the same quality of the appliance's own clock."""

    start: datetime
    end: datetime
    synchronised: bool
    max_error_ms: int | None


@dataclass
class Walked:
    """
    `disclosed` are the places whose bodies go into the package: the period's, and those before
    it without which the period's verdicts could not be judged again.  `told` holds, by type, the
    places of the period's entries other than observations and verdicts; `configurations` those
    of all times.
    """

    histories: dict[StateKey, History] = field(default_factory=dict)
    disclosed: Runs = field(default_factory=Runs)
    told: dict[str, Runs] = field(default_factory=dict)
    configurations: list[Entry] = field(default_factory=list)
    observed: dict[str, int] = field(default_factory=dict)
    """Observations in the period by asset."""
    visits: dict[str, int] = field(default_factory=dict)
    last_seen: dict[str, datetime] = field(default_factory=dict)
    """The asset's newest answer up to the period's end."""
    clock: list[ClockStretch] = field(default_factory=list)
    last_entry: dict[StateKey, int] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    """Rows whose recorded state is not what a replay of the entries gives."""
    unreadable: Runs = field(default_factory=Runs)
    """Bodies that were pruned, or are no single line, and so cannot be given."""


def walk(
    logs: Logs,
    span: Span,
    site: Site,
    choice: Choice,
    mask: Mask | None = None,
) -> Walked:
    """Raises `LedgerError` naming the entry that is not of the shape it should have."""
    walking = _Walking(span, site, choice, mask or Mask(site), logs.named)
    for index, body in logs.entries(span.last):
        fields = decoded(body)
        try:
            walking.meet(index, fields, whole=body is not None and b"\n" not in body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise LedgerError(
                f"entry {logs.named(index)}: a {fields.get('type')!r} entry this program cannot read "
                f"({error!r}); run `upheld evidence verify`."
            ) from error
    # The first entry of a log says what it continues.
    return walking.done({log.start for log in logs if log.start})


class _Walking:
    def __init__(
        self, span: Span, site: Site, choice: Choice, mask: Mask, named: Callable[[int], str]
    ) -> None:
        self.span, self.site, self.choice, self.mask = span, site, choice, mask
        self._named = named
        self._period = Runs()
        self._visit: dict[str, str] = {}
        self.found = Walked()
        self._replay = Replay()
        self._keys: dict[str, StateKey] = {}
        self._chosen: set[str] = set()
        self._questions: dict[tuple[str, ...], int] = {}
        self._given: dict[str, tuple[int, int]] = {}

    def meet(self, index: int, fields: dict[str, Any], *, whole: bool) -> None:
        kind = fields.get("type")
        within = index >= self.span.first
        if kind == "verdicts":
            self._name(fields["rows"])
        self._turn(index, fields)
        if kind == "config.change":
            self.found.configurations.append((index, fields))
        if not whole:
            self.found.unreadable.add(index)
        elif within and self.choice.takes_entry(self.site, fields, self._chosen):
            self._period.add(index)
        if kind == "observations":
            self._seen(fields, within=within)
        elif kind == "verdicts" and within:
            self._clock(fields["moment"])
        else:
            self.mask.learn(fields)
        if not within:
            self._support(index, fields)
        elif kind not in ("observations", "verdicts"):
            self.found.told.setdefault(str(kind), Runs()).add(index)

    def done(self, openings: set[int]) -> Walked:
        found = self.found
        before = (
            openings
            | {i for pair in self._given.values() for i in pair}
            | set(self._questions.values())
        )
        before |= {i for i, _ in found.configurations[-1:] if i < self.span.first}
        before |= {max((i for i, _ in found.configurations if i < self.span.first), default=-1)}
        earlier = sorted(i for i in before if 0 <= i < self.span.first)
        gone = {i for i in found.unreadable if i < self.span.first} if earlier else set()
        found.disclosed = Runs(i for i in earlier if i not in gone)
        for index in self._period:
            found.disclosed.add(index)
        for index in sorted(i for i in openings if i > self.span.last):
            found.disclosed.add(index)
        for history in found.histories.values():
            history.close()
            if history.final is not None:
                # Nothing was written down at the period's end, and yet time went by.
                history.final = aged(history.final, self.span.end) or history.final
        return found

    def _name(self, rows: list[Mapping[str, Any]]) -> None:
        """Rows that repeat a verdict do not say again what they are about."""
        for row in rows:
            text = row["key"]
            if text not in self._keys and "subject" in row:
                key = StateKey(build(Subject, row["subject"]), row["check"])
                self._keys[text] = key
                if self.choice.key(key.subject, BY_ID.get(key.check)):
                    self._chosen.add(text)

    def _turn(self, index: int, fields: Mapping[str, Any]) -> None:
        if fields.get("type") not in ("verdicts", "aged", "removed"):
            return
        rows = fields.get("rows", ())
        for position, turn in enumerate(self._replay.feed(fields)):
            differs = rows and turn.after and rows[position]["state"] != turn.after.state.value
            if differs and turn.after and len(self.found.differing) < MOST_DIFFERING:
                self.found.differing.append(
                    f"entry {self._named(index)}: {turn.key} is recorded as {rows[position]['state']}, a replay "
                    f"gives {turn.after.state.value}"
                )
            if turn.key in self._chosen:
                key = self._keys[turn.key]
                fresh = History(self.span.start, self.span.end)
                self.found.histories.setdefault(key, fresh).turned(turn.at, turn.after)
                self.found.last_entry[key] = index

    def _support(self, index: int, fields: Mapping[str, Any]) -> None:
        """What came last before the period: of each question, and of each key in full."""
        if fields.get("type") == "observations":
            if self.choice.takes_asset(self.site, str(fields["asset"])):
                for row in fields["rows"]:
                    question = (row["asset"], row["port"], row["vantage"], row["facts_type"])
                    self._questions[question] = index
        elif fields.get("type") == "verdicts":
            for row in fields["rows"]:
                if row["key"] in self._chosen:
                    full = index if "verdict" in row else self._given[row["key"]][0]
                    self._given[row["key"]] = (full, index)
        elif fields.get("type") == "aged":
            for key in self._given.keys() & self._chosen.intersection(fields["keys"]):
                self._given[key] = (self._given[key][0], index)

    def _seen(self, fields: dict[str, Any], *, within: bool) -> None:
        asset = str(fields["asset"])
        if not self.choice.takes_asset(self.site, asset):
            return
        answers = [row["finished"] for row in fields["rows"] if "facts" in row]
        if answers:
            self.found.last_seen[asset] = datetime.fromisoformat(max(answers))
        if not within:
            return
        self.found.observed[asset] = self.found.observed.get(asset, 0) + len(fields["rows"])
        # A visit's entries stand in one run, so a new name is a new visit.
        if self._visit.get(asset) != fields["visit"]:
            self._visit[asset] = fields["visit"]
            self.found.visits[asset] = self.found.visits.get(asset, 0) + 1

    def _clock(self, moment: Mapping[str, Any]) -> None:
        at = datetime.fromisoformat(moment["at"])
        clock = moment["clock"]
        synchronised, error = bool(clock["synchronised"]), clock.get("max_error_ms")
        last = self.found.clock[-1] if self.found.clock else None
        if last is not None and last.synchronised == synchronised:
            last.end = max(last.end, at)
            if error is not None:
                last.max_error_ms = max(last.max_error_ms or 0, error)
        else:
            self.found.clock.append(ClockStretch(at, at, synchronised, error))
