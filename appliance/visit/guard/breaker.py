"""
Leaves a device alone that shows signs of trouble, longer each time.

Closed, visits go on.  Open, nothing is sent.  When its time is over one liveness connect decides:
the device answers and it closes, or it stays open for twice as long, up to a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from appliance.clock import Clock
from appliance.visit.guard.elapsed import Stamp
from appliance.visit.guard.event import Event
from appliance.visit.guard.kept import Kept
from appliance.visit.guard.signs import Sign, Weight

KIND = "breaker"
LONGEST = 86_400.0
# A device that falters every second or third visit must not get the short pause each time.  Three
# clean ones in a row are 3 h at the usual hour: twelve times the first pause, without a sign.
CLEAN_VISITS = 3


class Way(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    # One liveness connect, after `trial` said yes.
    HALF_OPEN = "half-open"


@dataclass(frozen=True)
class Stand:
    """Whether an address may be visited: `wait` is the seconds until something may be sent."""

    way: Way
    wait: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class _State:
    """
    `failures` in a row; `opened` when and for how many seconds; `times` it opened without being
    forgiven; `clean` visits since it last failed (-1: it failed in this one); `overloaded`: the
    device had no room for us.
    """

    failures: int = 0
    opened: Stamp | None = None
    period: float = 0.0
    times: int = 0
    clean: int = 0
    trying: bool = False
    overloaded: bool = False
    why: str = ""


class Breakers:
    """One breaker per address, kept over restarts."""

    def __init__(self, kept: Kept, clock: Clock) -> None:
        self._kept = kept
        self._clock = clock

    def stand(self, address: str) -> Stand:
        """What may be sent to an address now."""
        state = self._state(address)
        if state.opened is None:
            return Stand(Way.CLOSED)
        wait = state.period - state.opened.ago(self._clock)
        why = f"{address} is left alone for {_words(state.period)}: {state.why}"
        if wait > 0:
            return Stand(Way.OPEN, wait, why)
        return Stand(Way.HALF_OPEN, 0.0, why)

    def trial(self, address: str) -> Stand:
        """
        Ask for the one liveness connect of a breaker whose time is over.

        `HALF_OPEN` grants it.  The next pause, twice as long, begins before the connect: a process
        that dies over it has had its try.
        """
        stand = self.stand(address)
        if stand.way is not Way.HALF_OPEN:
            return stand
        state = self._state(address)
        self._keep(
            address,
            replace(
                state,
                opened=Stamp.now(self._clock),
                period=min(2 * state.period, LONGEST),
                times=state.times + 1,
                trying=True,
            ),
            first=True,
        )
        return stand

    def saw(self, address: str, sign: Sign, *, after: int, first: float) -> Event | None:
        """
        What one question, canary or trial brought; `signs.sign_of` says how it weighs.

        Two numbers of the device's class: `after` so many transport failures in a row it opens,
        the `first` time for so many seconds.
        The event tells that the breaker opened, stays open after a trial, or closed.  Once it is
        open nothing further counts but the trial's outcome.
        """
        state = self._state(address)
        if state.opened is not None:
            return self._tried(address, state, sign) if state.trying else None
        if sign.weight is Weight.NOTHING:
            return None
        if sign.weight in (Weight.SIGN_OF_LIFE, Weight.OPENED):
            if state.failures:
                self._keep(address, replace(state, failures=0))
            return None
        failures = state.failures + 1
        if sign.weight is Weight.FAILURE and failures < after:
            self._keep(address, replace(state, failures=failures, clean=-1))
            return None
        period = min(first * 2 ** min(state.times, 20), LONGEST)
        opened = _State(
            opened=Stamp.now(self._clock),
            period=period,
            times=state.times + 1,
            overloaded=sign.weight is Weight.AT_ONCE,
            why=sign.why,
        )
        self._keep(address, opened)
        return Event(
            "breaker-opened",
            address,
            f"{address} is left alone for {_words(period)}: {sign.why}",
        )

    def visited(self, address: str) -> Event | None:
        """A visit came to its end; the third clean one in a row forgets the longer pauses."""
        state = self._state(address)
        if not state.times or state.opened is not None:
            return None
        if state.clean + 1 < CLEAN_VISITS:
            self._keep(address, replace(state, clean=state.clean + 1))
            return None
        self._kept.drop(KIND, address)
        return Event(
            "breaker-forgiven",
            address,
            f"{address} had {CLEAN_VISITS} clean visits in a row; its next pause is a short one",
        )

    def _tried(self, address: str, state: _State, sign: Sign) -> Event | None:
        if sign.weight is Weight.NOTHING:
            return None
        # A device out of sockets refuses too: after an overload only an open port shows room.
        enough = (Weight.OPENED,) if state.overloaded else (Weight.OPENED, Weight.SIGN_OF_LIFE)
        if sign.weight in enough:
            self._keep(address, _State(times=state.times - 1))
            return Event("breaker-closed", address, f"{address} answers again: {sign.why}")
        self._keep(address, replace(state, trying=False))
        return Event(
            "breaker-stays-open",
            address,
            f"{address} is left alone for another {_words(state.period)}: {sign.why}",
        )

    def _state(self, address: str) -> _State:
        kept = self._kept.get(KIND, address)
        if kept is None:
            return _State()
        opened = kept.pop("opened")
        return _State(opened=None if opened is None else Stamp.of(opened), **kept)

    def _keep(self, address: str, state: _State, *, first: bool = False) -> None:
        """`first`: on the disk before anything is sent; else it holds whatever the disk says."""
        value: dict[str, Any] = vars(state) | {
            "opened": None if state.opened is None else state.opened.plain()
        }
        (self._kept.put if first else self._kept.insist)(KIND, address, value)


def _words(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:g} s"
    if seconds < 7_200:
        return f"{seconds / 60:g} min"
    return f"{seconds / 3_600:g} h"
