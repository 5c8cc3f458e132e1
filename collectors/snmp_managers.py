"""
Ask an SNMP agent from an address that is not its manager's: does it answer?

On the wire: UDP, one datagram from another address of ours, as `snmp.lives` sends it: a GET of
sysUpTime.0 with a community that worked in this visit, or the question for the engine id without
user or secret.  Unless it is answered, the same once from the usual address.  Never repeated;
never: SET, GetNext, a user's name or secret, a guessed community.
"""

from __future__ import annotations

from dataclasses import replace

from checks.facts.snmp import SnmpElsewhere, SnmpManagers
from collectors.credentials import Community, SnmpUser
from collectors.errors import Refused, TimedOut, TurnedAway, Unintelligible
from collectors.snmp import ENGINE, lives, patience
from collectors.wire import Target, Wire


async def managers(
    wire: Wire,
    target: Target,
    manager: Target,
    *,
    credential: Community | SnmpUser,
    heard: str,
) -> SnmpManagers:
    """
    Whether the agent answers `target`'s source, which is not its manager's.

    One datagram, as `lives`.  Unless it is answered, `manager` asks the same once more, so that
    an agent that died meanwhile is not taken for one that is choosy.  `heard` says who answered
    that source in the same visit.  Raises `Unreachable`, `Denied` and what the wire raises.
    """
    asked = "the configured community" if isinstance(credential, Community) else ENGINE
    once = replace(wire, packets=1, connect=patience(wire, 2))
    answer, control = await _elsewhere(once, target, credential), ""
    if answer is not SnmpElsewhere.ANSWERED:
        again = await _elsewhere(once, manager, credential)
        control = asked if again is SnmpElsewhere.ANSWERED else ""
    return SnmpManagers(
        source=target.source or "",
        manager=manager.source or "",
        asked=asked,
        answer=answer,
        control=control,
        heard=heard,
    )


async def _elsewhere(wire: Wire, target: Target, credential: Community | SnmpUser) -> SnmpElsewhere:
    """Whatever comes back has passed the agent's list of managers."""
    try:
        await lives(wire, target, credential=credential)
    except TimedOut:
        return SnmpElsewhere.SILENT
    except Refused:
        return SnmpElsewhere.CLOSED
    except (Unintelligible, TurnedAway):
        return SnmpElsewhere.ANSWERED
    return SnmpElsewhere.ANSWERED
