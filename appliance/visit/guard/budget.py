"""What each address has had in the last 24 hours, and what is promised to visits under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from appliance.clock import Clock
from appliance.visit.guard.elapsed import Stamp
from appliance.visit.guard.event import Event
from appliance.visit.guard.kept import Kept

WINDOW = 86_400.0
# Charges this near to each other are kept as one, as old as the youngest: a day stays below a
# hundred of them, and what is given back comes up to so much later, never earlier.
MERGED = 900.0
KIND = "budget"


@dataclass(frozen=True)
class Reservation:
    """A visit's upper bound, charged in full until it is settled."""

    id: str
    address: str
    packets: int
    octets: int


@dataclass(frozen=True)
class Spent:
    """Why a visit may not begin now."""

    why: str


@dataclass
class _Charge:
    """Seconds since its first and its last packet, and how much left in between."""

    first: float
    last: float
    packets: int
    octets: int


@dataclass
class _Account:
    charges: list[_Charge]
    promised: dict[str, tuple[int, int]]
    a_day: int

    def packets(self) -> int:
        return sum(c.packets for c in self.charges) + sum(p for p, _ in self.promised.values())

    def octets(self) -> int:
        return sum(c.octets for c in self.charges) + sum(o for _, o in self.promised.values())

    def charge(self, packets: int, octets: int) -> None:
        """Something that may have left as late as now."""
        youngest = self.charges[-1] if self.charges else None
        if youngest is None or youngest.first >= MERGED:
            self.charges.append(_Charge(0.0, 0.0, packets, octets))
            return
        youngest.last = 0.0
        youngest.packets += packets
        youngest.octets += octets


class Budgets:
    """
    No address gets more than its share in any 24 hours, whatever happens to this process.

    A visit's upper bound is reserved before its first packet; settling gives back what was not
    sent.  A reservation that is never settled is charged in full, as sent when the next process
    began.  Elapsed time is added up by what has certainly passed, so neither a clock that is set
    nor a restart gives anything back early.
    """

    def __init__(self, kept: Kept, clock: Clock) -> None:
        self._kept = kept
        self._clock = clock
        for address in kept.all(KIND):
            account = self._account(address)
            for packets, octets in account.promised.values():
                account.charge(packets, octets)
            account.promised.clear()
            self._keep(address, account)

    def reserve(
        self,
        address: str,
        packets: int,
        a_day: int,
        *,
        octets: int = 0,
        octets_a_day: int | None = None,
    ) -> Reservation | Spent:
        """Promise so much to a visit that is about to begin, or say why it must not."""
        account = self._account(address)
        if account.a_day != a_day:
            account.a_day = a_day
            self._keep(address, account)
        if (used := account.packets()) + packets > a_day:
            return Spent(
                f"{address} had {used} of its {a_day} packets for 24 hours, "
                f"and this may take {packets}"
            )
        if octets_a_day is not None and (had := account.octets()) + octets > octets_a_day:
            return Spent(
                f"the link to {address} carried {had} of its {octets_a_day} bytes for 24 hours, "
                f"and this may take {octets}"
            )
        reservation = Reservation(uuid4().hex, address, packets, octets)
        account.promised[reservation.id] = (packets, octets)
        self._keep(address, account)
        return reservation

    def settle(
        self, reservation: Reservation, packets: int, octets: int | None = None
    ) -> Event | None:
        """
        Charge what was really sent; `octets` None when nobody counted: then all of them.

        Settled twice, or after another process has taken over, it changes nothing.  The event
        tells that more was sent than was reserved, which is a fault of ours.
        """
        account = self._account(reservation.address)
        if account.promised.pop(reservation.id, None) is None:
            return None
        sent = reservation.octets if octets is None else octets
        account.charge(packets, sent)
        self._keep(reservation.address, account)
        if packets <= reservation.packets and sent <= reservation.octets:
            return None
        return Event(
            "budget-exceeded",
            reservation.address,
            f"{packets} packets and {sent} bytes were sent to {reservation.address}, "
            f"{reservation.packets} and {reservation.octets} were reserved",
        )

    def left(self, address: str, a_day: int) -> int:
        """Packets it may still get now."""
        return max(0, a_day - self._account(address).packets())

    def octets_left(self, address: str, octets_a_day: int | None) -> int | None:
        """Bytes its link may still carry now; None where nobody counts them."""
        if octets_a_day is None:
            return None
        return max(0, octets_a_day - self._account(address).octets())

    def used_ratio(self, address: str) -> float:
        """How much of its packets for 24 hours it has had or is promised, from 0."""
        account = self._account(address)
        return account.packets() / account.a_day if account.a_day else 0.0

    def _account(self, address: str) -> _Account:
        kept = self._kept.get(KIND, address)
        if kept is None:
            return _Account([], {}, 0)
        passed = Stamp.of(kept["at"]).ago(self._clock)
        charges = [
            _Charge(first + passed, last + passed, packets, octets)
            for first, last, packets, octets in kept["charges"]
            # A packet exactly 24 hours ago still shares a window with one sent now.
            if last + passed <= WINDOW
        ]
        promised = {i: (packets, octets) for i, (packets, octets) in kept["promised"].items()}
        return _Account(charges, promised, kept["a_day"])

    def _keep(self, address: str, account: _Account) -> None:
        """Ages are kept as of now, so what has passed for certain is never counted again."""
        value: dict[str, Any] = {
            "at": Stamp.now(self._clock).plain(),
            "charges": [[c.first, c.last, c.packets, c.octets] for c in account.charges],
            "promised": account.promised,
            "a_day": account.a_day,
        }
        self._kept.put(KIND, address, value)
