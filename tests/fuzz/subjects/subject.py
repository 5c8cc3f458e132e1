"""One parser under fire: its devices, how it is asked, and what a pass must rest on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.facts.observation import Facts
from collectors.allowed import Permissions
from collectors.wire import Target
from tests.fuzz.memory import InMemory, Says

PHRASE = "authorised use only"


@dataclass(frozen=True)
class Subject:
    """
    `devices` are right ones, each with at most `answers` answers; `earned(check, facts, wire)`
    says whether a pass of that check stands in the octets sent, read without the collector.
    `part` is its share of the inputs of its collector, whose questions together get all of them.
    `expected` is what the inventory says of it, `captures` a folder of recordings, a port and a
    transport, `passes` the checks that right answers pass.
    """

    name: str
    protocol: str
    ask: Callable[[Any, Target], Awaitable[Facts]]
    devices: tuple[Callable[[], Says], ...]
    answers: int
    earned: Callable[[str, Any, InMemory], bool]
    passes: frozenset[str]
    expected: Mapping[str, Any] = field(default_factory=dict)
    permits: Permissions = Permissions()
    captures: tuple[str, int, int] | None = None
    memory: type[InMemory] = InMemory
    part: float = 1.0

    @property
    def target(self) -> Target:
        transport = "udp" if self.protocol in ("snmp", "ntp") else "tcp"
        return Target("plc-1", "127.0.0.1", transport, 1, self.protocol, permits=self.permits)


def script(*answers: bytes) -> Callable[[], Says]:
    """A device that says these one after the other, the first by itself."""

    def begun() -> Says:
        left = iter(answers)
        return lambda _: next(left, b"")

    return begun
