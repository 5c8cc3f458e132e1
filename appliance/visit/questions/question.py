"""One thing a collector asks, and what it may cost a device."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.facts.observation import Facts

K = 1024

# How packets are stated: what one healthy exchange costs (measured, in brackets), the SYNs a lossy
# path can add (3) and a third for segments sent again.  Octets: what the wire reads at most, and
# headers.


class Effort(StrEnum):
    CONNECT = "connect"
    HANDSHAKE = "handshake"
    LOGIN = "login"


@dataclass(frozen=True)
class Question:
    """
    One thing a collector asks; `daily` questions are asked once a day at most, `monthly` ones
    once in 30 days.

    It opens `connections` at most and costs the device `packets` at most where a connection
    attempt lasts no longer than `USUAL_CONNECT`; `octets` are the most bytes over the link both
    ways, headers included.  Both are the wire's hard caps, not what a healthy device is sent.
    `gear` questions are asked of network gear only, those with a `role` of assets that have it.  `tls` is how many TLS handshakes the device may have to compute for it (one that it refuses
    costs it nothing); what `after` names must be asked in the same visit, and `wants` names the key of the service
    without which there is nothing to ask.  `within` questions are answered in the session of what
    `after` names: they cost what they add to it, and nothing is sent for them afterwards.
    `expects` names the key of the asset's `expect` without which nobody wants to know.
    `beside` questions are put from another address of ours than the service's others, one that is
    no manager: silence to them says nothing about the device.
    `among` is set where it comes later in a visit than its effort alone says.
    """

    id: str
    collector: str
    effort: Effort
    facts: type[Facts]
    daily: bool = False
    monthly: bool = False
    packets: int = 0
    octets: int = 0
    connections: int = 1
    tls: int = 0
    gear: bool = False
    role: str = ""
    after: str | None = None
    wants: str = ""
    expects: str = ""
    among: Effort | None = None
    within: bool = False
    beside: bool = False
