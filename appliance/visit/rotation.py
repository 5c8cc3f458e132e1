"""How many visits it takes until everything was asked once, when not all of it fits into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from appliance.visit.asks import Ask
from appliance.visit.choosing import NeverConnect, Position, choose, place
from appliance.visit.classes import ProbingClass
from appliance.visit.purse import Left
from checks.facts.verdict import Reason
from collectors import allowed


@dataclass(frozen=True)
class Rotation:
    """
    Visits at most until all services were asked everything (`spoken`), and until all of it was put,
    the ports that must not open included (`whole`).

    None when that never comes to an end: not even the canary fits, or what one of them has to
    come after is missing.
    """

    spoken: int | None
    whole: int | None


def rotation(
    asks: Sequence[Ask],
    numbers: ProbingClass,
    *,
    canary: Ask | None,
    every: timedelta,
    never_connect: NeverConnect = allowed.never_connect,
) -> Rotation:
    """
    Worked out by playing it through, with a day's budget full each time.

    What its class never allows is not waited for.
    """
    day = Left(numbers.packets_a_day, numbers.octets_a_day)
    services = {place(a) for a in asks if a.look.permitted and a.look.service is not None}
    position, worst = Position(), [1, 1]
    # From the second turn on the rotations begin anywhere, as they will for good.
    for _ in range(3):
        missing: set[str] | None = None
        spoken = visits = 0
        # Each ring moves on at least once in two visits.
        while missing is None or missing:
            visits += 1
            choice = choose(
                asks,
                numbers,
                day,
                position,
                canary=canary,
                every=every,
                never_connect=never_connect,
            )
            if visits > 2 * len(asks) + 2:
                return Rotation(max(worst[0], spoken) if spoken else None, None)
            position = choice.position
            if missing is None:
                waiting = (o for o in choice.left_out if o.reason is not Reason.NOT_PERMITTED)
                missing = {place(o.ask) for o in waiting}
            missing -= {place(a) for a in choice.chosen}
            if not spoken and not missing & services:
                spoken = visits
        worst = [max(worst[0], spoken), max(worst[1], visits)]
    return Rotation(*worst)


@dataclass
class Rotations:
    """Worked out once for assets that are alike."""

    never_connect: NeverConnect = allowed.never_connect
    _known: dict[tuple[tuple[str, ...], ProbingClass, timedelta], Rotation] = field(
        default_factory=dict
    )

    def of(
        self, asks: Sequence[Ask], numbers: ProbingClass, *, canary: Ask | None, every: timedelta
    ) -> Rotation:
        alike = (tuple(_names(asks)), numbers, every)
        if alike not in self._known:
            self._known[alike] = rotation(
                asks, numbers, canary=canary, every=every, never_connect=self.never_connect
            )
        return self._known[alike]


def visits_of(ask: Ask, found: Rotation, among: int) -> int:
    """
    How many visits lie between two askings of one ask; `among` is how many asks there are, which
    stands for a rotation that never ends.
    """
    spoken = ask.look.permitted and ask.look.service is not None
    return (found.spoken if spoken else found.whole) or max(1, among)


def _names(asks: Iterable[Ask]) -> Iterable[str]:
    return (
        f"{ask.look.port} {ask.look.vantage.id} {ask.question.id} "
        f"{ask.look.permitted} {ask.look.service} {ask.forbidden}"
        for ask in asks
    )
