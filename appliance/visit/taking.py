"""
One asset's turn on the network: how much of it may be made, what is asked, what it cost.

The guard's reservation spans everything that is sent; nothing can be sent outside of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from appliance.site.credentials import resolve_trust
from appliance.site.model import Asset, Service, Site
from appliance.site.secrets import SecretError, Secrets
from appliance.visit.asking import Asking, Given
from appliance.visit.asking.logins import Logins
from appliance.visit.asks import Ask
from appliance.visit.choosing import Choice, LeftOut, Position, canaries_of, choose
from appliance.visit.classes import ProbingClass, class_for
from appliance.visit.control import Controls
from appliance.visit.guard.budget import Reservation, Spent
from appliance.visit.guard.event import Event
from appliance.visit.guard.gate import Guard, Load
from appliance.visit.guard.restraint import Extent, Leave, segment_of
from appliance.visit.guard.watch import Watch
from appliance.visit.identity import identity_seen
from appliance.visit.purse import Left
from appliance.visit.visit import Visit
from checks.facts.observation import Observation
from checks.facts.verdict import Reason
from collectors.credentials import Trust
from collectors.errors import Denied, NotPermitted
from collectors.snmp_profile import Profile
from collectors.wire import Gate, Target, Wire

ROTATION = "rotation"
# Headers of a small packet, both ways: what an answer adds to our own bytes is not counted there.
OCTETS_A_PACKET = 120


@dataclass(frozen=True)
class Taken:
    """
    What one turn brought.

    `put` are the asks that were really put, `events` what the guard wants written down, `load`
    what the device got.
    """

    visit: str
    started: datetime
    leave: Leave
    observations: tuple[Observation, ...] = ()
    put: tuple[Ask, ...] = ()
    events: tuple[Event, ...] = ()
    load: Load = Load()
    latencies_us: tuple[int, ...] = ()


class Taking:
    """
    Takes turns under one configuration; what must outlive it is the guard's.

    `gate` is the guard, or what stands before it.
    """

    def __init__(
        self,
        site: Site,
        guard: Guard,
        gate: Gate,
        secrets: Secrets,
        *,
        firmware_oids: Mapping[str, str],
        profiles: Sequence[Profile] = (),
    ) -> None:
        self._site = site
        self._guard = guard
        self._gate = gate
        self._secrets = secrets
        self._firmware_oids = firmware_oids
        self._profiles = profiles
        self.controls = Controls(site, Wire(gate, connect=1.0))

    async def take(
        self,
        asset: Asset,
        due: Sequence[Ask],
        everything: Sequence[Ask],
        *,
        every: timedelta,
        last_alive: datetime | None,
        gateway: str = "",
        only_canary: bool = False,
    ) -> Taken:
        """
        Visit the asset as far as the guard gives leave.

        `due` are the asks whose time has come, `everything` all there are for the asset, `gateway`
        the silent one in front of it.
        """
        visit, started = str(uuid4()), self._guard.wall()
        begun = self._guard.restraints.begin(asset)
        events = (begun,) if begun else ()
        numbers = class_for(asset, laboratory=self._site.site.laboratory)
        watch = self._watch(asset, numbers)
        made = self._visit(asset, visit, numbers, watch, last_alive, gateway)
        leave = self._guard.restraints.leave(asset)
        if leave.extent is Extent.NOTHING:
            return Taken(visit, started, leave, made.unmade(due, leave.why), events=events)
        whole = leave.extent is Extent.WHOLE and not only_canary
        canaries = canaries_of(everything)
        choice = self._choose(asset, due, canaries, numbers, every, whole=whole, why=leave.why)
        reserved = self._reserve(asset, choice, numbers)
        if isinstance(reserved, Spent):
            spent = _nothing(choice, reserved.why)
            leave = Leave(Extent.NOTHING, reserved.why)
            return Taken(visit, started, leave, tuple(made.left_out(spent)), events=events)
        before = self._guard.loads[asset.address]
        with self._guard.visiting(reserved) as settled:
            seen = await made.run(choice, canaries, whole=whole)
        self._keep(asset, choice.position, whole=whole)
        watch.end(identity_seen(asset, seen), whole=whole)
        return Taken(
            visit,
            started,
            leave,
            seen,
            tuple(made.put),
            (*events, *watch.events, *settled),
            self._guard.loads[asset.address].since(before),
            tuple(made.latencies_us),
        )

    def _choose(
        self,
        asset: Asset,
        due: Sequence[Ask],
        canaries: Sequence[Ask],
        numbers: ProbingClass,
        every: timedelta,
        *,
        whole: bool,
        why: str,
    ) -> Choice:
        budgets = self._guard.restraints.budgets
        left = Left(
            budgets.left(asset.address, self._guard.restraints.a_day(asset.address)),
            budgets.octets_left(asset.address, numbers.octets_a_day),
        )
        return choose(
            due,
            numbers,
            left,
            self._position(asset),
            canary=next(iter(canaries), None),
            every=every,
            canary_only=None if whole else why or "only its liveness is looked at now",
        )

    def _reserve(self, asset: Asset, choice: Choice, numbers: ProbingClass) -> Reservation | Spent:
        if not choice.packets:
            return Spent("nothing of what is due may be sent to it now")
        return self._guard.restraints.budgets.reserve(
            asset.address,
            choice.packets,
            self._guard.restraints.a_day(asset.address),
            octets=choice.octets,
            octets_a_day=numbers.octets_a_day,
        )

    def _watch(self, asset: Asset, numbers: ProbingClass) -> Watch:
        segment = segment_of(asset)
        devices = {a.address for a in self._site.assets if segment_of(a) == segment}
        return Watch(asset, numbers, self._guard.restraints, len(devices))

    def _visit(
        self,
        asset: Asset,
        visit: str,
        numbers: ProbingClass,
        watch: Watch,
        last_alive: datetime | None,
        gateway: str,
    ) -> Visit:
        sessions = self._guard.restraints.sessions
        wire = Wire(
            self._gate,
            connect=numbers.connect,
            whole=numbers.whole,
            shook=self._guard.shook,
            lasts=lambda target, timeout_ms: sessions.lasts(target.address, timeout_ms),
            left_open=lambda target: sessions.left_open(target.address),
        )
        logins = Logins(
            self._site,
            self._secrets,
            self._guard.restraints.latches,
            visit,
            numbers.whole,
            watch.events.append,
        )
        given = Given(
            asset=asset,
            wire=wire,
            numbers=numbers,
            logins=logins,
            session=self._session,
            trust=self._trust,
            firmware_oids=self._firmware_oids,
            profiles=self._profiles,
            lasting=self._guard.kept,
        )
        return Visit(
            id=visit,
            asset=asset,
            asking=Asking(given),
            controls=self.controls,
            clock=self._guard.clock,
            watch=watch,
            sent=lambda: self._guard.loads[asset.address].packets,
            pause=numbers.pause,
            last_alive=last_alive,
            gateway=gateway,
        )

    def _trust(self, service: Service) -> Trust:
        try:
            return resolve_trust(service.trust, self._secrets)
        except SecretError as error:
            raise Denied(f"trust of {service.id}", str(error)) from error

    @contextmanager
    def _session(self, target: Target, timeout_ms: int) -> Iterator[None]:
        sessions = self._guard.restraints.sessions
        if wait := sessions.wait(target.address):
            raise NotPermitted(
                target, f"a session of ours may still be open there for {wait:.0f} s"
            )
        self._guard.session(target.address)
        with sessions.open(target.address, timeout_ms):
            yield

    def _position(self, asset: Asset) -> Position:
        kept = self._guard.kept.get(ROTATION, asset.address)
        return Position() if kept is None else Position(**kept)

    def _keep(self, asset: Asset, position: Position, *, whole: bool) -> None:
        if whole and position != self._position(asset):
            self._guard.kept.put(ROTATION, asset.address, asdict(position))


def _nothing(choice: Choice, why: str) -> tuple[LeftOut, ...]:
    """What was chosen, left out because the day's budget does not cover it."""
    spent = tuple(LeftOut(ask, Reason.BUDGET_SPENT, why) for ask in choice.chosen)
    return (*choice.left_out, *spent)
