"""
One pass over one asset: every due question once, one connection at a time.

Nothing is retried but the canaries: after it, and behind a datagram nobody answered.  A port that did not open is not spoken to in the same visit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from appliance.clock import Clock
from appliance.site.model import Asset
from appliance.visit import questions as q
from appliance.visit.asking import Asking
from appliance.visit.asks import Ask
from appliance.visit.choosing import Choice, LeftOut
from appliance.visit.control import Controls
from appliance.visit.guard.canary import Seen
from appliance.visit.guard.watch import Watch
from appliance.visit.reading import SHUT, answered, happened, looked, meant_to_answer, silence
from checks.facts.context import Presence
from checks.facts.observation import Facts, Observation
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.verdict import Reason
from collectors.errors import CollectError, NotPermitted, Refused, TimedOut, Unintelligible

AGAIN_SECONDS = 2.0
# One datagram in five lost each way: then a device that lives is silent to one look in three, and
# to its question and five looks in one visit of 280.
LOOKS = 5


@dataclass
class Visit:
    """
    A visit under way.

    `watch` is told what every question came to and says when to leave off; `pause` is the seconds
    the device gets before it is looked at a second time after the visit; `gateway` is the asset in
    front of it that was silent when last looked at, so that silence here is no news.
    """

    id: str
    asset: Asset
    asking: Asking
    controls: Controls
    clock: Clock
    watch: Watch
    sent: Callable[[], int]
    pause: float
    last_alive: datetime | None
    gateway: str = ""
    put: list[Ask] = field(default_factory=list)
    latencies_us: list[int] = field(default_factory=list)
    _shut: dict[str, Reason] = field(default_factory=dict)

    async def run(
        self, choice: Choice, canaries: Sequence[Ask], *, whole: bool
    ) -> tuple[Observation, ...]:
        """
        The observations, the last of them whether the asset was there at all.

        The canary goes first: the first of `canaries`, or while one is refused, which is an
        answer, the next.  When that is all (`whole` false), or nothing permitted answers, nothing
        else is sent; otherwise it goes last as well.
        """
        started = self.clock.now()
        self.watch.begin(whole=whole)
        vantages = {a.look.vantage.id: a.look.vantage for a in (*canaries[:1], *choice.chosen)}
        for vantage in vantages.values():
            controls = await self.controls.seen_from(vantage)
            if controls and all(control.answered for control in controls):
                self.asking.heard(vantage, "the control hosts")
        seen, canary = await self._look(canaries)
        if not whole:
            if not any(o.reason is Reason.BLIND for o in seen):
                self.watch.only_lives(answered=any(o.alive for o in seen))
            return self._ended(seen, started)
        self.asking.expects(choice.chosen)
        rest = [ask for ask in choice.chosen if ask not in self.put]
        if seen and not any(o.alive for o in seen):
            # Its other services may answer; every other port would only repeat the silence.
            others = [a for a in rest if a.question == q.TCP_PORT and meant_to_answer(a)]
            seen += await self._all(others)
        if not seen or any(o.alive for o in seen):
            seen += await self._all([a for a in rest if a not in self.put])
        asked = len(seen)
        seen += [self._missed(a, seen) for a in choice.chosen if a not in self.put]
        if canary is not None and asked > 1:
            await self._look_again(canary)
        seen += self.left_out(choice.left_out)
        return self._ended(seen, started)

    def unmade(self, asks: Sequence[Ask], why: str) -> tuple[Observation, ...]:
        """The observations of a visit that may not be made."""
        now = self.clock.now()
        return tuple(self._observed(a, now, None, Reason.NOT_PERMITTED, why) for a in asks)

    def left_out(self, left: Sequence[LeftOut]) -> list[Observation]:
        """What the class forbids and what the budget does not cover is said, not passed over."""
        said = [one for one in left if one.reason is not Reason.NOT_ASKED]
        return [self._observed(o.ask, self.clock.now(), None, o.reason, o.why) for o in said]

    def _missed(self, ask: Ask, seen: Sequence[Observation]) -> Observation:
        """What was chosen and not asked, because the visit was left off or nobody was there."""
        now = self.clock.now()
        if reason := self._shut.get(ask.look.port.id):
            said = f"Port {ask.look.port} did not open in this visit ({reason})."
            opened = reason not in SHUT.values()
            return self._observed(ask, now, None, reason, self.watch.ended if opened else said)
        if seen and not any(o.alive for o in seen):
            why = f"{self.asset.id} did not answer where it should, so nothing else was asked."
            return self._observed(ask, now, None, silence(seen[0]), why)
        why = self.watch.ended or self.watch.forbidden() or "The visit ended before its turn came."
        return self._observed(ask, now, None, Reason.NOT_PERMITTED, why)

    async def _look(self, canaries: Sequence[Ask]) -> tuple[list[Observation], Ask | None]:
        """What the canaries said, and the one that opened."""
        seen: list[Observation] = []
        for canary in canaries:
            seen.append(await self._one(canary))
            facts = seen[-1].facts
            if not isinstance(facts, TcpPort):
                break
            if facts.answer is PortAnswer.OPEN:
                if facts.latency_us is None:
                    break
                self.latencies_us.append(facts.latency_us)
                self.watch.before(Seen(canary.look.port.id, facts.latency_us))
                return seen, canary
            if facts.answer is not PortAnswer.REFUSED:
                break
        return seen, None

    async def _all(self, asks: Sequence[Ask]) -> list[Observation]:
        """Each in turn, as long as the watch has nothing against it."""
        seen = []
        for ask in asks:
            if self.watch.ended or self.watch.forbidden():
                break
            seen.append(await self._one(ask))
        return seen

    async def _look_again(self, canary: Ask) -> None:
        """
        The canary after the visit.

        A device that is silent once may be busy with what we asked; silent twice, it is in trouble.
        """
        if self.watch.overloaded or self.watch.forbidden():
            return
        for last in (False, True):
            try:
                facts, _ = await self.asking.lives(canary.look)
            except NotPermitted:
                return
            except CollectError as error:
                found = Seen(canary.look.port.id, None, str(error))
            else:
                found = looked(canary.look.port.id, facts)
            if found.latency_us is not None:
                self.latencies_us.append(found.latency_us)
            if found.latency_us is not None or last:
                self.watch.after(found)
                return
            await asyncio.sleep(max(self.pause, AGAIN_SECONDS))

    async def _one(self, ask: Ask) -> Observation:
        started = self.clock.now()
        self.put.append(ask)
        if ask.question != q.TCP_PORT and (reason := self._shut.get(ask.look.port.id)):
            said = f"Port {ask.look.port} did not open in this visit ({reason})."
            return self._observed(ask, started, None, reason, said)
        before = self.sent()
        facts: Facts | None = None
        failure: CollectError | None = None
        closed_after: float | None = None
        try:
            if len(self.put) == 1 and ask.question == q.TCP_PORT and meant_to_answer(ask):
                facts, closed_after = await self.asking.lives(ask.look)
            else:
                facts = await self.asking.ask(ask.look, ask.question)
        except CollectError as error:
            failure = error
        self.controls.tried(ask.look.vantage, self.asset.address, failure)
        stirred = failure is not None and await self._stirs(ask, failure, self.sent() - before)
        if stirred:
            self.watch.saw(happened(ask, None, None, None))
        elif self.sent() > before or (failure is not None and failure.aside):
            self.watch.saw(happened(ask, facts, failure, closed_after))
            if self.watch.ended:
                self._shut[ask.look.port.id] = failure.reason if failure else Reason.HUNG_UP
        if isinstance(facts, TcpPort) and answered(facts, None, ask.look):
            self.asking.heard(ask.look.vantage, f"{ask.look.port.id} of {self.asset.id}")
        if isinstance(facts, TcpPort) and ask.look.permitted and facts.answer in SHUT:
            self._shut[ask.look.port.id] = SHUT[facts.answer]
        if failure is None:
            return self._observed(ask, started, facts)
        seen = self._observed(ask, started, None, failure.reason, str(failure), failure)
        return replace(seen, alive=seen.alive or stirred)

    async def _stirs(self, ask: Ask, failure: CollectError, sent: int) -> bool:
        """
        Whether a device that was silent to a datagram gives a sign of life after all.

        The question is not put again: each look is one datagram of its own, after a pause, out of
        what was reserved for the question and not sent.
        """
        if not isinstance(failure, TimedOut) or ask.look.port.transport != "udp":
            return False
        left = q.packets(ask.question, self.asking.given.numbers) - sent
        for _ in range(min(LOOKS, left) if meant_to_answer(ask) else 0):
            await asyncio.sleep(max(self.pause, AGAIN_SECONDS))
            try:
                return not self.watch.forbidden() and await self.asking.stirs(ask.look)
            except TimedOut:
                continue
            except (Refused, Unintelligible):
                return True
            except CollectError:
                return False
        return False

    def _observed(
        self,
        ask: Ask,
        started: datetime,
        facts: Facts | None,
        reason: Reason | None = None,
        said: str = "",
        error: CollectError | None = None,
    ) -> Observation:
        vantage = ask.look.vantage
        crossing = ask.look.conduit is not None
        return Observation(
            asset=self.asset.id,
            service=ask.look.service.id if ask.look.service else None,
            vantage=vantage.id,
            vantage_kind=vantage.kind,
            conduit=ask.look.conduit,
            permitted=ask.look.permitted,
            collector=ask.question.collector,
            question=ask.question.id,
            facts_type=ask.question.facts.__name__,
            visit=self.id,
            started=started,
            finished=self.clock.now(),
            clock=self.clock.quality(),
            alive=answered(facts, error, ask.look),
            last_alive=self.last_alive,
            blind=reason is Reason.BLIND or self._blind(vantage.id, crossing=crossing),
            facts=facts,
            reason=reason,
            said=said,
            port=ask.look.port.id,
            gateway=self.gateway,
        )

    def _blind(self, vantage: str, *, crossing: bool) -> bool:
        """Without a control host only silence across a conduit is worthless: inside a zone the
        asset's own answers are the control; where nothing can leave, there is none."""
        if self.controls.shut_in(vantage):
            return True
        site = self.controls.site
        if not site.appliance.control and not crossing:
            return False
        return self.controls.blind(site.vantage(vantage))

    def _ended(self, seen: list[Observation], started: datetime) -> tuple[Observation, ...]:
        """The same observations, each now knowing whether the asset answered anything at all."""
        by = tuple(sorted({o.port for o in seen if o.alive}))
        ended = self.clock.now()
        last = ended if by else self.last_alive
        # Whoever answered through it knows better than the last look at the gateway.
        gateway = "" if by else self.gateway
        seen = [replace(o, alive=bool(by), last_alive=last, gateway=gateway) for o in seen]
        if not seen:
            return ()
        monitors = [o for o in seen if o.permitted] or seen
        presence = replace(
            monitors[0],
            service=None,
            port="",
            collector=q.PRESENCE.collector,
            question=q.PRESENCE.id,
            facts_type=Presence.__name__,
            started=started,
            finished=ended,
            blind=any(o.blind for o in monitors),
            facts=Presence(answered=bool(by), by=by, last=last),
            reason=None,
            said="",
        )
        return (*seen, presence)
