"""Does the device know what time it is?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from checks.check import ASSET, ENGINEERING, MEDIUM, ON_INTERFACE, PART, check
from checks.facts.clocks import ClockReading
from checks.facts.context import Moment
from checks.facts.expected import Expected
from checks.facts.http import HttpPages
from checks.facts.ntp import NtpServer
from checks.facts.observation import ClockQuality, Facts, Seen
from checks.facts.opcua import OpcUaServer
from checks.facts.snmp import SnmpSystem
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

_MILLISECOND = timedelta(milliseconds=1)
_TELL_THE_TIME = ("opcua", "snmp", "ntp")


@check(
    title="Device clock agrees with the site reference",
    about=ASSET,
    requirements={"SR 2.11": ON_INTERFACE, "SR 2.11 RE 1": PART},
    program=("NET 1.10", "EVENT 1.5"),
    severity=MEDIUM,
    audience=ENGINEERING,
    remedy="Configure the device's time synchronisation, and check that it reaches its source.",
    by_hand="Compare the device's clock with a reference clock, to the second.",
)
def judge(
    servers: tuple[Seen[OpcUaServer], ...],
    agents: tuple[Seen[SnmpSystem], ...],
    times: tuple[Seen[NtpServer], ...],
    webs: tuple[Seen[HttpPages], ...],
    expected: Expected,
    moment: Moment,
) -> Verdict:
    """
    Passes when every clock read is within the limit, less what half a round trip and the clock's
    resolution may explain; fails when one is further off; does not apply to assets with no
    service that tells the time.

    What was read while our own clock was adrift says nothing, however right it is by now; nor does
    what was read while ours alone may have been as wrong as the limit.

    Logs of different devices can be put in order only as far as their clocks agree.
    """
    services = expected.asset.services if expected.asset else ()
    # RFC 9110, 6.6.1: a server without a clock sends no Date.
    told = tuple(w for w in webs if w.facts is None or w.facts.clock is not None)
    seen: tuple[Seen[Facts], ...] = (*servers, *agents, *times, *told)
    if not seen and not any(s.protocol in _TELL_THE_TIME for s in services):
        return not_applicable("No declared service of this asset tells the time.")
    clocks: list[tuple[Seen[Facts], ClockReading | None]] = [
        (s, s.facts.clock) for s in servers if s.facts
    ]
    clocks += [(a, a.facts.clock) for a in agents if a.facts]
    clocks += [(t, t.facts.clock) for t in times if t.facts]
    clocks += [(w, w.facts.clock) for w in webs if w.facts]
    read = [(one, clock) for one, clock in clocks if clock is not None]
    if not read:
        return _unread(seen)
    judged = [_Read(s.service or "", clock, s.clock) for s, clock in read if s.clock.synchronised]
    if not moment.clock.synchronised or not judged:
        return inconclusive(
            Reason.CLOCK_UNSYNCHRONISED, "Our own clock is not synchronised, so none can be judged."
        )
    return _within(judged, expected.limits.max_clock_offset_ms)


@dataclass(frozen=True)
class _Read:
    """A device's clock as a service tells it, and what our own was worth at that moment."""

    service: str
    clock: ClockReading
    ours: ClockQuality

    @property
    def offset(self) -> int:
        return abs(self.clock.device - self.clock.ours) // _MILLISECOND

    @property
    def exchange(self) -> int:
        return self.clock.round_trip_ms // 2 + self.clock.resolution_ms

    @property
    def doubt(self) -> int:
        return self.exchange + (self.ours.max_error_ms or 0)

    def is_off(self, limit: int) -> bool:
        # A clock of ours that is good enough to judge by is not to excuse the device's.
        return self.offset - (self.exchange if self.doubt <= limit else self.doubt) > limit


def _within(read: list[_Read], limit: int) -> Verdict:
    if off := [one for one in read if one.is_off(limit)]:
        return failed(
            Reason.DIFFERS,
            f"The clock is {max(one.offset for one in off)} ms off; the limit is {limit} ms.",
            where=tuple(one.service for one in off),
        )
    if vague := [one for one in read if one.doubt > limit]:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"An offset of {limit} ms cannot be told: a slow answer and our own clock leave "
            f"{vague[0].doubt} ms open.",
            where=tuple(one.service for one in vague),
        )
    worst = max(one.offset for one in read)
    return passed(f"The clock is {worst} ms off; the limit is {limit} ms.")


def _unread(seen: tuple[Seen[Facts], ...]) -> Verdict:
    for one in seen:
        if one.reason is not None:
            return inconclusive(one.reason, one.said)
    if not seen:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    return inconclusive(Reason.DENIED, "No service of the device gave its clock.")
