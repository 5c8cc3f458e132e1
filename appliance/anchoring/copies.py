"""
What happens when the ledger at hand is found to be an old copy, or somebody else's.

It is closed and the next incarnation begun, which quotes both sides; people are alarmed; and
nothing is sent to any device until a person has adopted the copy, because two appliances of one
plan would double what devices bear.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import structlog

from appliance.ledger import bodies
from appliance.ledger.anchors.outside import Outside, incarnation
from appliance.rounds.round import Rounds
from appliance.visit.guard.event import Event
from appliance.visit.guard.hold import SITE

log = structlog.get_logger()

UNADOPTED = "unadopted"
MACHINE = "machine"


class Copies:
    """`unadopted` is why this ledger waits to be adopted; empty while it does not."""

    def __init__(self, rounds: Rounds, machine: str, *, used: int = 0) -> None:
        """`machine` names this machine, `used` is the highest incarnation it has begun."""
        self._rounds = rounds
        self._machine = machine
        self._used = used
        self._one = asyncio.Lock()
        self.unadopted = ""

    async def restore(self) -> None:
        """
        What is known of this ledger: was it adopted, and was it kept on this machine?

        A machine that cannot be told proves nothing either way.
        """
        noted = await self._rounds.store.noted()
        if UNADOPTED in noted:
            self.unadopted = noted[UNADOPTED].decode()
            self._hold(self.unadopted)
        before = noted.get(MACHINE, b"").decode()
        if before and self._machine and before != self._machine:
            await self.found(None, "This ledger was kept on another machine.")
        elif self._machine and before != self._machine:
            await self._rounds.store.commit([], noted={MACHINE: self._machine.encode()})

    async def found(self, outside: Outside | None, why: str) -> None:
        """Close this log, begin the next, stop sending, say so.  Once, whoever finds it first."""
        async with self._one:
            rounds = self._rounds
            held = self._hold(why)
            if outside is not None and not self._still(outside):
                return
            ours = await rounds.store.latest_checkpoint()
            opened = opening(rounds.clock.now(), why=why, ours=ours, outside=outside)
            after = max(outside.incarnation if outside else 0, self._used)
            await rounds.begin_anew([opened], after=after)
            self.unadopted = why
            noted = {UNADOPTED: why.encode(), MACHINE: self._machine.encode() or None}
            await rounds.store.commit([], noted=noted)
            name = rounds.store.verifier.name
            log.error("the ledger is a copy", why=why, log=name)
            said = (
                f"{why} It was closed; the evidence goes on in {name}, and nothing is sent until "
                "it is adopted."
            )
            await rounds.record([Event("evidence.fork", "ledger", said), held])

    async def adopt(self, who: str, why: str) -> str:
        """Go on with this copy; what was done, in one sentence.  Raises `ValueError`."""
        if not self.unadopted:
            raise ValueError("this ledger is no copy that waits to be adopted")
        if not why.strip():
            raise ValueError("say why with --why; it is written down with your name")
        rounds = self._rounds
        said = f"The copy was adopted by {who}: {why}"
        freed = rounds.guard.restraints.holds.adopted(who, why)
        await rounds.store.commit([], noted={UNADOPTED: None})
        self.unadopted = ""
        await rounds.record([Event("evidence.adopted", "ledger", said), *freed])
        return said

    def _hold(self, why: str) -> Event:
        holds = self._rounds.guard.restraints.holds
        event = holds.put(SITE, "upheld", f"{why} Run upheld evidence adopt --why.", "copy")
        self._rounds.guard.enforce_holds(event.said)
        return event

    def _still(self, outside: Outside) -> bool:
        """Whether the log it contradicts is still the one in use."""
        return outside.incarnation >= incarnation(self._rounds.store.verifier.name)


def opening(at: datetime, *, why: str, ours: str, outside: Outside | None) -> bytes:
    """The first entry of the next incarnation, quoting both sides."""
    fields: dict[str, Any] = {"why": why, "before": ours}
    if outside is not None:
        fields |= {"outside": outside.note, "kept_by": outside.where}
    return bodies.entry("log.open", at, fields)
