"""
Ask whether a TCP port opens.

On the wire: one connection attempt from the vantage's source address.  When it opens it is closed
again without a byte; nothing is ever sent on it, whatever listens there.
"""

from __future__ import annotations

import errno

from checks.facts.ports import PortAnswer, TcpPort
from collectors.errors import Filtered, HungUp, NoWayOut, Refused, Unreachable
from collectors.wire import Target, Wire

# What only a router, or a host without a route, says.  Other errors are our own machine's trouble
# (no such source address, no ports left) and say nothing about the path: they stay a gap.
NO_WAY = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH})


LINGER_SECONDS = 0.25


async def port(wire: Wire, target: Target) -> TcpPort:
    """
    Open, refused, filtered or unreachable: each of them is a fact.

    Raises `NotPermitted` (nothing was sent), and `NoWayOut` when our own machine could not even
    try.
    """
    found, _ = await _tried(wire, target, 0.0)
    return found


async def lives(wire: Wire, target: Target) -> tuple[TcpPort, float | None]:
    """
    As `port`, staying a moment longer: a device that has no room for us accepts and closes.

    The second value is after how many seconds it closed; None when it did not.
    """
    return await _tried(wire, target, LINGER_SECONDS)


async def _tried(wire: Wire, target: Target, linger: float) -> tuple[TcpPort, float | None]:
    try:
        latency = await wire.probe(target, linger=linger)
    except Refused:
        return TcpPort(target.port, PortAnswer.REFUSED), None
    except HungUp as error:
        # It opened, and thought better of it: whoever waits a moment longer gets in.
        return TcpPort(target.port, PortAnswer.OPEN), error.after or 0.0
    except Filtered:
        return TcpPort(target.port, PortAnswer.FILTERED), None
    except Unreachable as error:
        cause = error.__cause__
        own = isinstance(error, NoWayOut)
        if not own and isinstance(cause, OSError) and cause.errno in NO_WAY:
            return TcpPort(target.port, PortAnswer.UNREACHABLE), None
        raise
    return TcpPort(target.port, PortAnswer.OPEN, latency), None
