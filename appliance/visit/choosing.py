"""
What of all that is due fits into one visit: pure.

The canary goes first and last.  Permitted services are asked gentlest first, industrial ones after
the others, logins last.  The ports that must not open go in rotation through what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from appliance.visit import questions as q
from appliance.visit.asks import ORDER, Ask
from appliance.visit.classes import DAY, ProbingClass
from appliance.visit.purse import Left, Purse
from checks.facts.verdict import Reason
from collectors import allowed

INDUSTRIAL = frozenset(
    {"opcua", "modbus", "modbus-tls", "s7", "enip", "dnp3", "iec104", "bacnet", "fox"}
)

NeverConnect = Callable[[str, int], str | None]
"""Transport and port to why it is never connected to, or None."""


@dataclass(frozen=True)
class Position:
    """
    Where the rotations stand: the places of the asks that were last ("" at the beginning).

    `owed`: ports that must not open were due last time and none got its turn, so they go first.
    """

    spoken: str = ""
    shut: str = ""
    owed: bool = False


@dataclass(frozen=True)
class LeftOut:
    """An ask that is not put this time: the token for the record and a sentence."""

    ask: Ask
    reason: Reason
    why: str


@dataclass(frozen=True)
class Choice:
    """
    What one visit asks, in its order, and the upper bounds to reserve for it.

    `packets` and `octets` hold the canary before and after too.  An ask that is the canary itself
    is answered by its connection and costs nothing more.
    """

    chosen: tuple[Ask, ...]
    left_out: tuple[LeftOut, ...]
    position: Position
    packets: int
    octets: int


def canaries_of(
    asks: Iterable[Ask], never_connect: NeverConnect = allowed.never_connect
) -> tuple[Ask, ...]:
    """
    What can be a sign of life, gentlest first: permitted TCP services, then SNMP's description.

    The first is the canary.  Only where it is refused, which is an answer, the next may be.
    """
    permitted = [
        a
        for a in asks
        if _spoken(a)
        and a.forbidden is None
        and never_connect(a.look.port.transport, a.look.port.number) is None
    ]
    return tuple(
        a for which in (q.TCP_PORT, q.SNMP_SYSTEM) for a in permitted if a.question == which
    )


def canary_of(
    asks: Iterable[Ask], never_connect: NeverConnect = allowed.never_connect
) -> Ask | None:
    """The first of `canaries_of`; None for an asset that has none or may not be asked it."""
    return next(iter(canaries_of(asks, never_connect)), None)


def choose(
    asks: Sequence[Ask],
    numbers: ProbingClass,
    left: Left,
    position: Position,
    *,
    canary: Ask | None,
    every: timedelta,
    never_connect: NeverConnect = allowed.never_connect,
    canary_only: str | None = None,
) -> Choice:
    """
    What of `asks`, all of them due, one visit puts when `left` is what is left of the day.

    `every` is the time between two visits.  `canary_only` says why nothing but the canary may be
    asked (the asset sleeps, or is new).  When not even the canary fits, nothing is chosen, nothing
    is to be reserved, and the visit must not begin.
    """
    out = _out_for_good(asks, numbers, canary, never_connect)
    out_places = {place(o.ask) for o in out}
    may = sorted((a for a in asks if place(a) not in out_places), key=place)
    purse = Purse(numbers, Left(min(numbers.packets_a_sweep, left.packets), left.octets))
    if canary is not None and not purse.pay(canary, canary):
        why = "what it may still be sent today does not cover the canary before and after"
        out += [LeftOut(a, Reason.BUDGET_SPENT, why) for a in may]
        return Choice((), tuple(out), position, 0, 0)
    first = [a for a in may if a == canary]
    rest = [a for a in may if a != canary]
    if canary_only is not None:
        out += [LeftOut(a, Reason.NOT_ASKED, canary_only) for a in rest]
        return Choice(tuple(first), tuple(out), position, purse.spent, purse.octets)
    at = _fill(purse, rest, position, every, canary)
    out += [_waits(a, numbers, left) for a in rest if not purse.has(a)]
    chosen = (*first, *sorted(purse.taken.values(), key=place))
    return Choice(chosen, tuple(out), at, purse.spent, purse.octets)


def place(ask: Ask) -> str:
    """Where an ask stands among all: gentle before demanding, industrial services last."""
    protocol = ask.look.service.protocol if ask.look.service else ""
    port = ask.look.port
    # Behind every vantage's name: it comes after what the others have asked.
    beside = "~" if ask.question.beside else ""
    return (
        f"{ORDER.index(ask.question.among or ask.question.effort)}{int(protocol in INDUSTRIAL)}"
        f" {port.transport}-{port.number:05} {beside}{ask.look.vantage.id}"
        f" {q.QUESTIONS.index(ask.question):03}"
    )


def _spoken(ask: Ask) -> bool:
    return ask.look.permitted and ask.look.service is not None


def _out_for_good(
    asks: Sequence[Ask],
    numbers: ProbingClass,
    canary: Ask | None,
    never_connect: NeverConnect,
) -> list[LeftOut]:
    out: dict[str, LeftOut] = {}
    known: dict[tuple[str, ...], str | None] = {}
    for ask in sorted(asks, key=place):
        before = _before(ask, asks)
        why = ask.forbidden or never_connect(ask.look.port.transport, ask.look.port.number)
        if why is None and (barred := next((b for b in before if place(b) in out), None)):
            why = f"{barred.question.id} has to come first and is not permitted"
        if why is None and ask != canary:
            which = tuple(a.question.id for a in (*before, ask))
            if which not in known:
                known[which] = _never_fits(ask, before, numbers, canary)
            why = known[which]
        if why is not None:
            out[place(ask)] = LeftOut(ask, Reason.NOT_PERMITTED, why)
    return list(out.values())


def _never_fits(
    ask: Ask, before: Sequence[Ask], numbers: ProbingClass, canary: Ask | None
) -> str | None:
    whole = Purse(numbers, Left(numbers.packets_a_sweep, numbers.octets_a_day))
    if canary is not None:
        whole.pay(canary, canary)
    needed = [*before, ask]
    if whole.pay(*needed):
        return None
    packets = sum(q.packets(a.question, numbers) for a in needed)
    return (
        f"it may take {packets} packets and {sum(a.question.tls for a in needed)} TLS handshakes, "
        f"and its class allows {whole.left.packets - whole.spent} and {numbers.tls_a_sweep} a visit"
    )


def _fill(
    purse: Purse, rest: Sequence[Ask], position: Position, every: timedelta, canary: Ask | None
) -> Position:
    spoken = [a for a in rest if _spoken(a)]
    shut = [a for a in rest if not _spoken(a)]
    spoken_at, shut_at = position.spoken, position.shut
    if position.owed:
        shut_at = _shut(purse, shut, shut_at, every)
        spoken_at = _speak(purse, spoken, spoken_at, canary)
    else:
        spoken_at = _speak(purse, spoken, spoken_at, canary)
        shut_at = _shut(purse, shut, shut_at, every)
    owed = bool(shut) and not any(purse.has(a) for a in shut)
    return Position(spoken_at, shut_at, owed)


def _speak(purse: Purse, spoken: Sequence[Ask], last: str, canary: Ask | None) -> str:
    """
    Pay for what fits, from where the rotation stands; returns where it stands then.

    The canary is asked in any case: what comes after it need not wait for it to be due.
    """
    missed = False
    first = [canary] if canary is not None else []
    for ask in _from(spoken, last):
        before = _before(ask, [*spoken, *first])
        if purse.has(ask) or _lacks(ask, before):
            continue
        needed = [a for a in (*before, ask) if a not in first and not purse.has(a)]
        if purse.pay(*needed):
            purse.take(*needed)
        else:
            missed = True
        if not missed:
            last = place(ask)
    return last if missed else ""


def _shut(purse: Purse, shut: Sequence[Ask], last: str, every: timedelta) -> str:
    """As `_speak`; all but the first only within an even share of the day's budget."""
    numbers = purse.numbers
    visits = max(1.0, DAY / every) if every else 1.0
    octets = None if numbers.octets_a_day is None else int(numbers.octets_a_day / visits)
    share = Left(int(numbers.packets_a_day / visits), octets)
    for nth, ask in enumerate(_from(shut, last)):
        if not purse.pay(ask, within=share if nth else None):
            break
        purse.take(ask)
        last = place(ask)
    return last


def _from(ring: Sequence[Ask], last: str) -> list[Ask]:
    """The ring, beginning behind `last`."""
    return [a for a in ring if place(a) > last] + [a for a in ring if place(a) <= last]


def _before(ask: Ask, spoken: Sequence[Ask]) -> tuple[Ask, ...]:
    """The asks of the same service that must come before this one, first things first."""
    chain: list[Ask] = []
    name = ask.question.after
    while name is not None:
        found = next(
            (a for a in spoken if a.question.id == name and a.look.port == ask.look.port), None
        )
        if found is None:
            break
        chain.insert(0, found)
        name = found.question.after
    return tuple(chain)


def _lacks(ask: Ask, before: Sequence[Ask]) -> bool:
    """Whether something that must come first is not due itself."""
    return (before[0] if before else ask).question.after is not None


def _waits(ask: Ask, numbers: ProbingClass, left: Left) -> LeftOut:
    if left.packets < numbers.packets_a_sweep:
        why = f"of its packets for 24 hours {left.packets} are left, too few for this as well"
        return LeftOut(ask, Reason.BUDGET_SPENT, why)
    if left.octets is not None and left.octets < ask.question.octets:
        why = f"of its link's bytes for 24 hours {left.octets} are left, too few for this"
        return LeftOut(ask, Reason.BUDGET_SPENT, why)
    why = f"its turn comes: a visit of its class has {numbers.packets_a_sweep} packets"
    return LeftOut(ask, Reason.NOT_ASKED, why)
