"""The checkpoint a SOC was handed over syslog: the outlet knows when it had surely been read."""

from __future__ import annotations

from collections.abc import Callable

from appliance.anchoring.anchor import Failed
from appliance.ledger.anchors.receipt import Receipt

Handed = tuple[str, str]
"""The note, and how sure it is: read (the peer closed in order after it), sent or datagram."""


class HandedAnchor:
    """One SOC; nothing is sent for it, the outlet has told the head already."""

    kind = "soc"

    def __init__(self, name: str, handed: Callable[[], Handed | None], every: float) -> None:
        self.id = name
        self.every = every
        self._handed = handed

    async def take(self) -> Receipt:
        handed = self._handed()
        if handed is None:
            raise Failed(f"{self.id} has taken no checkpoint yet")
        return Receipt(self.id, self.kind, handed[0], fields={"delivery": handed[1]})

    async def known(self) -> str | None:
        """Syslog goes one way: the SOC's copy comes back by hand, as known.checkpoint."""
        return None
