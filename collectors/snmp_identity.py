"""
Ask an SNMP agent who it is, where its family's device profile says it stands.

On the wire: UDP, a GET of sysDescr and sysObjectID, then GETs of the single values the profile
names, ten to a question.  Never: walks, GetBulk, SET, other credentials.
"""

from __future__ import annotations

from collections.abc import Iterable

from checks.facts.snmp_identity import SnmpIdentity
from collectors.allowed.snmp import MOST_NAMES
from collectors.credentials import Community, SnmpUser
from collectors.errors import TimedOut, Unintelligible
from collectors.snmp_client import Agent, Value, agent, own_level
from collectors.snmp_profile import SYS_DESCR, Profile, fitting, identify
from collectors.snmp_values import text
from collectors.wire import Target, Wire

SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"


async def identity(
    wire: Wire, target: Target, *, credential: Community | SnmpUser, profiles: Iterable[Profile]
) -> SnmpIdentity:
    """
    Raises `TimedOut` for silence (which a wrong community also is), `LoginFailed`, `Refused`,
    `Unintelligible` and what the wire raises.
    """
    doing = "asking who it is"
    seconds = wire.connect
    try:
        async with (
            wire.within(target),
            agent(wire, target, credential, own_level(credential), seconds=seconds) as asked,
        ):
            profile, object_id, values = await recognised(asked, profiles, doing)
            if profile is not None:
                values |= await got(asked, profile.oids(object_id), doing)
            return identify(profile, object_id, values)
    except TimeoutError:
        raise TimedOut(target, f"not finished within {wire.whole:g} s", doing) from None


async def recognised(
    asked: Agent, profiles: Iterable[Profile], doing: str
) -> tuple[Profile | None, str, dict[str, Value]]:
    """The agent's profile, its sysObjectID and what it answered; one question."""
    values = await asked.get_many((SYS_DESCR, SYS_OBJECT_ID), doing)
    if not values:
        raise Unintelligible(asked.target, "the answer has neither sysDescr nor sysObjectID", doing)
    object_id = text(values.get(SYS_OBJECT_ID)).strip(".")
    return fitting(profiles, object_id, text(values.get(SYS_DESCR))), object_id, values


async def got(asked: Agent, oids: Iterable[str], doing: str) -> dict[str, Value]:
    """What the agent has of these single values, a question for every ten."""
    names, found = list(oids), dict[str, Value]()
    for start in range(0, len(names), MOST_NAMES):
        found |= await asked.get_many(names[start : start + MOST_NAMES], doing)
    return found
