"""What one visit may cost the device, and what it is spent on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from appliance.visit import questions as q
from appliance.visit.asks import Ask
from appliance.visit.classes import ProbingClass


@dataclass(frozen=True)
class Left:
    """What a device may still be sent today; `octets` None: nobody counts them."""

    packets: int
    octets: int | None = None


@dataclass
class Purse:
    """What one visit may spend; `taken` is what it is spent on."""

    numbers: ProbingClass
    left: Left
    spent: int = 0
    octets: int = 0
    handshakes: Counter[str] = field(default_factory=Counter)
    taken: dict[int, Ask] = field(default_factory=dict)

    def take(self, *asks: Ask) -> None:
        """Note what was paid for."""
        self.taken |= {id(a): a for a in asks}

    def has(self, ask: Ask) -> bool:
        """Whether this very ask was paid for."""
        return id(ask) in self.taken

    def pay(self, *asks: Ask, within: Left | None = None) -> bool:
        """Pay for all of them, or for none; never more than `left`, nor than `within` in all."""
        packets = self.spent + sum(q.packets(a.question, self.numbers) for a in asks)
        octets = self.octets + sum(a.question.octets for a in asks)
        handshakes = self.handshakes + Counter({a.look.port.id: a.question.tls for a in asks})
        if not all(_covers(limit, packets, octets) for limit in (self.left, within or self.left)):
            return False
        if any(made > self.numbers.tls_a_sweep for made in handshakes.values()):
            return False
        self.spent, self.octets, self.handshakes = packets, octets, handshakes
        return True


def _covers(limit: Left, packets: int, octets: int) -> bool:
    return packets <= limit.packets and (limit.octets is None or octets <= limit.octets)
