"""
Why a collector came back empty-handed: one family.

    CollectError
    ├── Unreachable       a router or our own host said there is no way there
    │   └── NoWayOut      our own machine could not even try: nothing was sent
    ├── Filtered          nobody answered the connection attempt in time
    ├── Refused           the port is closed: the address answered, with a reset
    ├── TimedOut          connected, but no answer before the deadline
    ├── HungUp            the peer closed before it had answered
    ├── Unintelligible    the answer is not this protocol, too long, or does not add up
    ├── Denied            the device understood and said no, or we hold no usable credential
    │   └── TurnedAway    the device itself said no, so it is there
    │       └── LoginFailed   it refused our credential: never to be tried again unasked
    ├── Busy              the device has no free session or resource: leave it alone
    └── NotPermitted      our own rules forbid it; nothing was sent

Anything else a collector raises is our bug and is allowed to be loud.
"""

from __future__ import annotations

from typing import ClassVar, Self

from checks.facts.verdict import Reason

MOST_WORDS = 400


class CollectError(Exception):
    """Target, what happened, while doing what: "opc.tcp://10.0.0.7:4840: no answer within 5 s
    while asking for its endpoints".  `reason` is the stable token for the record."""

    reason: ClassVar[Reason]
    aside = False
    """It came about while something else was asked, which succeeded: nobody has weighed it yet."""

    def __init__(self, target: object, what: str, doing: str = "") -> None:
        self.target = str(target)
        self.what = _plain(what)
        self.doing = doing
        super().__init__(f"{target}: {self.what}" + (f" while {doing}" if doing else "") + ".")

    def retold(self, doing: str) -> Self:
        """
        The same failure, told of what was being done.

        Raise it from the `__cause__` of the first: what the kernel said, and how soon, decides what
        it says about the device.
        """
        again = type(self)(self.target, self.what, doing)
        again.__cause__ = self.__cause__
        return again


def _plain(words: str) -> str:
    """One line of bounded length: a device's own words may stand in it, and reach a log."""
    line = "".join(c if c.isprintable() else "\ufffd" for c in words)
    return line if len(line) <= MOST_WORDS else f"{line[:MOST_WORDS]}…"


class Unreachable(CollectError):
    """A router or our own host said there is no way there."""

    reason = Reason.UNREACHABLE


class NoWayOut(Unreachable):
    """Our own machine could not even try: its address, its interface or its ports are gone."""

    reason = Reason.BLIND


class Filtered(CollectError):
    """Nobody answered the connection attempt in time."""

    reason = Reason.FILTERED


class Refused(CollectError):
    """The port is closed: the address answered, with a reset."""

    reason = Reason.REFUSED


class TimedOut(CollectError):
    """Connected, but no answer before the deadline."""

    reason = Reason.TIMEOUT


class HungUp(CollectError):
    """
    The peer closed before it had answered.

    `after` is how many seconds after it had accepted; None when that is not known.
    """

    reason = Reason.HUNG_UP
    after: float | None = None

    def retold(self, doing: str) -> Self:
        again = super().retold(doing)
        again.after = self.after
        return again


class Unintelligible(CollectError):
    """The answer is not this protocol, is too long, or does not add up."""

    reason = Reason.UNINTELLIGIBLE


class Denied(CollectError):
    """The device understood and said no, or we hold no usable credential for it."""

    reason = Reason.DENIED


class TurnedAway(Denied):
    """The device itself said no: no facts, but a sign of life."""


class LoginFailed(TurnedAway):
    """The device judged our credential and refused it: never to be tried again unasked."""


class Busy(CollectError):
    """The device has no free session or resource: leave it alone."""

    reason = Reason.BUSY


class NotPermitted(CollectError):
    """Our own rules forbid it; nothing was sent."""

    reason = Reason.NOT_PERMITTED


class BudgetSpent(NotPermitted):
    """It would be allowed, but the device has had its share for now; nothing was sent."""

    reason = Reason.BUDGET_SPENT
