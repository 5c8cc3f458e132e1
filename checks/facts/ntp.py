"""What time servers say of themselves (RFC 5905)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from checks.facts.clocks import ClockReading
from checks.facts.observation import Facts, reading


@dataclass(frozen=True)
class NtpServer(Facts):
    """
    One answer to one client packet.

    `leap` is 0 to 3, 3 being unsynchronised; `stratum` 0 is a kiss of death whose code stands in
    `reference`.  `reference` is a source's name (stratum 1) or address, as text.
    """

    protocols: ClassVar[tuple[str, ...]] = ("ntp",)

    version: int
    leap: int
    stratum: int
    reference: str
    root_delay_ms: int | None = reading()
    root_dispersion_ms: int | None = reading()
    reference_age_ms: int | None = reading()
    """How long ago the server's own clock was last corrected, by its own word."""
    clock: ClockReading | None = reading()
