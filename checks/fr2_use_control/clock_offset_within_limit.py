"""Does the device know what time it is?"""

from __future__ import annotations

from datetime import timedelta

from checks.check import ASSET, ENGINEERING, MEDIUM, ON_INTERFACE, PART, check
from checks.facts.clocks import ClockReading
from checks.facts.context import Moment
from checks.facts.expected import Expected
from checks.facts.http import HttpPages
from checks.facts.ntp import NtpServer
from checks.facts.observation import Facts, Seen
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

    Logs of different devices can be put in order only as far as their clocks agree.
    """
    services = expected.asset.services if expected.asset else ()
    # RFC 9110, 6.6.1: a server without a clock sends no Date.
    told = tuple(w for w in webs if w.facts is None or w.facts.clock is not None)
    seen: tuple[Seen[Facts], ...] = (*servers, *agents, *times, *told)
    if not seen and not any(s.protocol in _TELL_THE_TIME for s in services):
        return not_applicable("No declared service of this asset tells the time.")
    clocks = [(s.service or "", s.facts.clock) for s in servers if s.facts]
    clocks += [(a.service or "", a.facts.clock) for a in agents if a.facts]
    clocks += [(t.service or "", t.facts.clock) for t in times if t.facts]
    clocks += [(w.service or "", w.facts.clock) for w in webs if w.facts]
    read = [(service, clock) for service, clock in clocks if clock is not None]
    if not read:
        return _unread(seen)
    if not moment.clock.synchronised:
        return inconclusive(
            Reason.CLOCK_UNSYNCHRONISED, "Our own clock is not synchronised, so none can be judged."
        )
    return _within(read, expected.limits.max_clock_offset_ms)


def _within(read: list[tuple[str, ClockReading]], limit: int) -> Verdict:
    off = [(service, clock) for service, clock in read if _offset(clock) - _doubt(clock) > limit]
    if off:
        worst = max(_offset(clock) for _, clock in off)
        return failed(
            Reason.DIFFERS,
            f"The clock is {worst} ms off; the limit is {limit} ms.",
            where=tuple(service for service, _ in off),
        )
    slow = [service for service, clock in read if _doubt(clock) > limit]
    if slow:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"The answer took too long to tell an offset of {limit} ms.",
            where=tuple(slow),
        )
    worst = max(_offset(clock) for _, clock in read)
    return passed(f"The clock is {worst} ms off; the limit is {limit} ms.")


def _offset(clock: ClockReading) -> int:
    return abs(clock.device - clock.ours) // _MILLISECOND


def _doubt(clock: ClockReading) -> int:
    return clock.round_trip_ms // 2 + clock.resolution_ms


def _unread(seen: tuple[Seen[Facts], ...]) -> Verdict:
    for one in seen:
        if one.reason is not None:
            return inconclusive(one.reason, one.said)
    if not seen:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    return inconclusive(Reason.DENIED, "No service of the device gave its clock.")
