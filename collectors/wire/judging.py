"""May this leave, and what does it mean that nothing could: said once for TCP and UDP."""

from __future__ import annotations

import errno

from collectors import allowed
from collectors.errors import (
    CollectError,
    HungUp,
    NotPermitted,
    NoWayOut,
    Refused,
    Unreachable,
)
from collectors.wire.gate import Gate
from collectors.wire.target import Target


def judged(gate: Gate, target: Target, message: bytes) -> None:
    """Raises `NotPermitted` for a message not on the allow-list, and what the gate raises."""
    why = allowed.ON_THE_WIRE.get(target.protocol, allowed.nothing)(target.permits, message)
    if why is not None:
        gate.refused(target, why)
        raise NotPermitted(target, f"our own request was stopped: {why}")
    gate.may_send(target, len(message))


def reached(target: Target, error: OSError, *, left: bool = True) -> CollectError:
    """
    What an error of `connect`, or of a datagram, says about the way to the target.

    `left`: a packet has left us, so a router may have said so.
    """
    match error.errno:
        case errno.ENETDOWN:
            return NoWayOut(target, f"our own network is down: {error.strerror}", "connecting")
        case errno.ENETUNREACH if not left:
            return NoWayOut(target, "our own machine has no route there", "connecting")
        case errno.ECONNREFUSED:
            return Refused(target, "connection refused", "connecting")
        case errno.ECONNRESET:
            # Only an open port can be reset (RFC 9293, 3.10.7.3: before that it is a refusal).
            return HungUp(target, "it was reset as soon as it was open", "connecting")
        case errno.EHOSTUNREACH | errno.ENETUNREACH | errno.EHOSTDOWN:
            return Unreachable(target, error.strerror or "unreachable", "connecting")
        case errno.EPERM | errno.EACCES:
            return NotPermitted(target, "this machine's own firewall forbids it", "connecting")
        case _:
            return Unreachable(target, error.strerror or str(error), "connecting")
