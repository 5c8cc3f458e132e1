"""The control hosts: when they do not answer, our own silence means nothing."""

from __future__ import annotations

import asyncio
import errno
from collections import defaultdict
from dataclasses import dataclass

from appliance.site.model import Site, Vantage
from checks.facts.context import OwnControl
from collectors.errors import CollectError, NotPermitted, NoWayOut
from collectors.wire import Target, Wire

FRESH_SECONDS = 5.0
CONTROL = "control host"
"""Stands for the asset in a control host's target; no id has a space in it."""


@dataclass
class Controls:
    """Asks each control host from each vantage, at most once in `FRESH_SECONDS`."""

    site: Site
    wire: Wire

    def __post_init__(self) -> None:
        self._newest: dict[str, tuple[float, tuple[OwnControl, ...]]] = {}
        self._looking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        # By vantage, and by address why nothing could leave; empty where something did.
        self._ways: dict[str, dict[str, str]] = {}

    async def seen_from(self, vantage: Vantage) -> tuple[OwnControl, ...]:
        """Every control host as this vantage sees it now; empty when the site names none."""
        # Visits that begin together look once, or they would queue at the control host.
        async with self._looking[vantage.id]:
            asked = self._newest.get(vantage.id)
            now = self.wire.gate.now()
            if asked and now - asked[0] < FRESH_SECONDS:
                return asked[1]
            found = tuple([await self._one(vantage, host) for host in self._targets(vantage)])
            self._newest[vantage.id] = (now, found)
            return found

    def newest(self) -> tuple[OwnControl, ...]:
        """What every vantage saw last; one that could not even try is there in any case."""
        found = [control for _, seen in self._newest.values() for control in seen]
        found += [
            OwnControl("its own network", vantage, answered=False, said=said)
            for vantage, ways in self._ways.items()
            if self.shut_in(vantage) and vantage not in {c.vantage for c in found}
            for said in list(ways.values())[-1:]
        ]
        return tuple(found)

    def tried(self, vantage: Vantage, address: str, failure: CollectError | None) -> None:
        """What a question from this vantage came to: an own address or interface may be gone."""
        ways = self._ways.setdefault(vantage.id, {})
        if isinstance(failure, NoWayOut):
            cause = failure.__cause__
            if not isinstance(cause, OSError) or cause.errno != errno.ENETUNREACH:
                # No address, no interface: that is so for whoever was to be asked.
                ways.clear()
            ways[address] = str(failure)
        elif not isinstance(failure, NotPermitted):
            ways[address] = ""

    def shut_in(self, vantage: str) -> bool:
        """Whether nothing can leave from this vantage: then not even its own zone is in sight."""
        ways = self._ways.get(vantage, {})
        return bool(ways) and all(ways.values())

    def blind(self, vantage: Vantage) -> bool:
        """Whether this vantage's last look at the control hosts failed, or there are none."""
        _, seen = self._newest.get(vantage.id, (0.0, ()))
        return not seen or not all(control.answered for control in seen)

    def _targets(self, vantage: Vantage) -> list[Target]:
        return [
            Target(CONTROL, host.address, "tcp", host.port.number, "tcp", vantage.source)
            for host in self.site.appliance.control
        ]

    async def _one(self, vantage: Vantage, target: Target) -> OwnControl:
        try:
            await self.wire.probe(target)
        except CollectError as error:
            # What our own guard kept back was not asked; what our own machine kept back is gone.
            kept_back = isinstance(error, NotPermitted) and error.__cause__ is None
            answered = None if kept_back else False
            return OwnControl(str(target), vantage.id, answered=answered, said=str(error))
        return OwnControl(str(target), vantage.id, answered=True)
