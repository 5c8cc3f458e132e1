"""
Ask an SNMP agent who it is, and whom else it answers.

On the wire: UDP, Get and GetNext only, one question outstanding, each asked once; a few GETs of
single values, at most eight rows of two table columns.  `system` asks with the configured
credential.  `refusals` repeats one GET of sysUpTime.0 in other versions and at lower levels.
`default_communities` does it with `public` and `private`, v2c and v1.  `lives` sends one datagram:
a GET of sysUpTime.0 with a community, or without any user the question for the engine id.  Never: SET, GetBulk, walks
of tables, traps, guessed communities or users.

Before a silence is recorded a positive control is asked in the same exchange, and named.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from checks.facts.clocks import ClockReading
from checks.facts.snmp import (
    SnmpAnswer,
    SnmpDefaultCommunities,
    SnmpLevel,
    SnmpRefusals,
    SnmpSystem,
    SnmpTrial,
)
from collectors.credentials import Community, SnmpUser
from collectors.errors import BudgetSpent, Denied, TimedOut, Unintelligible
from collectors.snmp_client import NOBODY, Agent, agent, own_level
from collectors.snmp_values import date_and_time, longest_prefix, mac, text
from collectors.wire import Target, Wire

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
SYS_UP_TIME = "1.3.6.1.2.1.1.3.0"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
IF_PHYS_ADDRESS = "1.3.6.1.2.1.2.2.1.6"
HR_SYSTEM_DATE = "1.3.6.1.2.1.25.1.2.0"

# ENTITY-MIB, entPhysicalTable (RFC 6933).
ENTITY_CLASS = "1.3.6.1.2.1.47.1.1.1.1.5"
ENTITY_FIRMWARE = "1.3.6.1.2.1.47.1.1.1.1.9"
ENTITY_SOFTWARE = "1.3.6.1.2.1.47.1.1.1.1.10"
ENTITY_SERIAL = "1.3.6.1.2.1.47.1.1.1.1.11"
ENTITY_MODEL = "1.3.6.1.2.1.47.1.1.1.1.13"
CHASSIS = 3

LIVES = "looking whether it lives"
ENGINE = "v3 engine discovery"
ROWS = 8
DEFAULT_COMMUNITIES = ("public", "private")
DATE_AND_TIME_RESOLUTION_MS = 100


async def system(
    wire: Wire,
    target: Target,
    *,
    credential: Community | SnmpUser,
    firmware_oids: Mapping[str, str] = {},
) -> SnmpSystem:
    """
    The agent's own description.  `firmware_oids`: sysObjectID prefix to the OID of the firmware.

    Raises `TimedOut` for silence (which a wrong community or privacy secret also is), `Denied`
    for a user turned away, `Refused`, `Unintelligible` and what the wire raises.
    """
    level = own_level(credential)
    seconds = wire.connect
    async with (
        _deadline(wire, target, "reading its description"),
        agent(wire, target, credential, level, seconds=seconds) as asked,
    ):
        group = await asked.get_many(
            (SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME, SYS_NAME), "asking for its description"
        )
        if SYS_DESCR not in group and SYS_OBJECT_ID not in group:
            raise Unintelligible(
                target, "the answer has neither sysDescr nor sysObjectID", "reading its description"
            )
        object_id, up_time = text(group.get(SYS_OBJECT_ID)), group.get(SYS_UP_TIME)
        firmware_oid = longest_prefix(object_id, dict(firmware_oids))
        firmware = (
            await asked.get(firmware_oid, "asking for its firmware") if firmware_oid else None
        )
        entity = await _chassis(asked)
        user = credential if isinstance(credential, SnmpUser) else NOBODY
        return SnmpSystem(
            level=level,
            auth_protocol=user.auth_protocol,
            priv_protocol=user.priv_protocol,
            sys_descr=text(group.get(SYS_DESCR)),
            sys_object_id=object_id,
            sys_name=text(group.get(SYS_NAME)),
            entity_model=entity.get(ENTITY_MODEL, ""),
            entity_serial=entity.get(ENTITY_SERIAL, ""),
            entity_firmware=entity.get(ENTITY_FIRMWARE, ""),
            entity_software=entity.get(ENTITY_SOFTWARE, ""),
            vendor_firmware=text(firmware),
            mac=await _mac(asked),
            engine_id=asked.engine_id.hex(),
            uptime_centiseconds=up_time if isinstance(up_time, int) else None,
            clock=await _clock(asked, wire),
        )


async def lives(wire: Wire, target: Target, *, credential: Community | SnmpUser) -> None:
    """
    Ask for a sign of life, with no secret but a community.

    Raises `TimedOut` for silence, `Refused`, `Unintelligible` and what the wire raises.
    """
    community = isinstance(credential, Community)
    who = credential if community else NOBODY
    async with (
        _deadline(wire, target, LIVES),
        agent(wire, target, who, own_level(who), seconds=wire.connect) as asked,
    ):
        try:
            await (asked.get(SYS_UP_TIME, LIVES) if community else asked.discover(LIVES))
        except BudgetSpent:
            # The client would ask for the agent's time as well: it has had its answer.
            if not asked.engine_id:
                raise


async def refusals(
    wire: Wire,
    target: Target,
    *,
    credential: Community | SnmpUser,
    community: Community | None = None,
) -> SnmpRefusals:
    """
    Whether other versions and lower levels are answered too.

    For a user: every level below authPriv down to none, then v1 and v2c with `community` when
    there is one.  For a community: v2c and v1 with it.  The credential's own level is asked
    first, as the control; where that level is below authPriv it is a trial as well.
    Raises `Refused`, `Unintelligible`, `Denied` for a credential that cannot be used, and what
    the wire raises; silence is an answer here.
    """
    own = own_level(credential)
    asked: list[tuple[SnmpLevel, Community | SnmpUser]]
    if isinstance(credential, Community):
        asked = [(SnmpLevel.V1, credential)]
    else:
        order = (SnmpLevel.NO_AUTH_NO_PRIV, SnmpLevel.AUTH_NO_PRIV, SnmpLevel.AUTH_PRIV)
        asked = [(level, credential) for level in order[: order.index(own)]]
        if community is not None:
            asked += [(SnmpLevel.V1, community), (SnmpLevel.V2C, community)]
    seconds = patience(wire, 1 + len(asked))
    async with _deadline(wire, target, "asking whom else it answers"):
        passed = await _answer(wire, target, credential, own, seconds=seconds)
        answered = passed is SnmpAnswer.ANSWERED
        trials = []
        if own is not SnmpLevel.AUTH_PRIV:
            trials.append(_trial(own, credential, passed, known=False))
        for level, who in asked:
            answer = await _answer(wire, target, who, level, seconds=seconds)
            trials.append(_trial(level, who, answer, known=answered))
        return SnmpRefusals(tuple(trials), control=_control(credential) if answered else "")


async def default_communities(
    wire: Wire, target: Target, *, credential: Community | SnmpUser | None
) -> SnmpDefaultCommunities:
    """
    Whether `public` and `private` are answered, v2c and v1.

    The control is the credential at its own level; without one it is the SNMPv3 engine
    discovery.  Raises as `refusals`.
    """
    seconds = patience(wire, 1 + 2 * len(DEFAULT_COMMUNITIES))
    async with _deadline(wire, target, "trying default communities"):
        if credential is None:
            control = await _discovery(wire, target, seconds=seconds)
        else:
            passed = await _answer(wire, target, credential, own_level(credential), seconds=seconds)
            control = _control(credential) if passed is SnmpAnswer.ANSWERED else ""
        trials = []
        for name in DEFAULT_COMMUNITIES:
            for level in (SnmpLevel.V2C, SnmpLevel.V1):
                answer = await _answer(wire, target, Community(name), level, seconds=seconds)
                trials.append(SnmpTrial(level, name, _unless_known(answer, known=bool(control))))
        return SnmpDefaultCommunities(tuple(trials), control)


async def _answer(
    wire: Wire,
    target: Target,
    who: Community | SnmpUser,
    level: SnmpLevel,
    *,
    seconds: float,
) -> SnmpAnswer:
    """An answer without a value is an answer: the agent has let the question in."""
    async with agent(wire, target, who, level, seconds=seconds) as asked:
        try:
            await asked.get(SYS_UP_TIME, f"asking for sysUpTime at {level}")
        except TimedOut:
            return SnmpAnswer.SILENT
        except Denied:
            return SnmpAnswer.REFUSED
        return SnmpAnswer.ANSWERED


def _trial(
    level: SnmpLevel, who: Community | SnmpUser, answer: SnmpAnswer, *, known: bool
) -> SnmpTrial:
    name = "configured" if isinstance(who, Community) else ""
    return SnmpTrial(level, name, _unless_known(answer, known=known))


def _unless_known(answer: SnmpAnswer, *, known: bool) -> SnmpAnswer:
    """The client has one word for an unknown user, a wrong secret and a level refused: it means
    the level only for somebody who has just been let in."""
    return SnmpAnswer.SILENT if answer is SnmpAnswer.REFUSED and not known else answer


def _control(credential: Community | SnmpUser) -> str:
    if isinstance(credential, Community):
        return "v2c with the configured community"
    return f"{own_level(credential)} as {credential.user}"


async def _discovery(wire: Wire, target: Target, *, seconds: float) -> str:
    async with agent(wire, target, NOBODY, SnmpLevel.NO_AUTH_NO_PRIV, seconds=seconds) as asked:
        try:
            await asked.discover("asking for its SNMPv3 engine")
        except TimedOut:
            return ""
    return ENGINE


async def _chassis(asked: Agent) -> dict[str, str]:
    """Model, serial and versions of the first chassis among the first rows; {} without one."""
    doing = "looking for its chassis"
    found, row = "", 0
    async for instance, kind in asked.column(ENTITY_CLASS, doing):
        row += 1
        if kind == CHASSIS:
            found = instance
        if found or row == ROWS:
            break
    if not found:
        return {}
    columns = (ENTITY_MODEL, ENTITY_SERIAL, ENTITY_FIRMWARE, ENTITY_SOFTWARE)
    values = await asked.get_many([f"{column}.{found}" for column in columns], doing)
    return {column: text(values.get(f"{column}.{found}")) for column in columns}


async def _mac(asked: Agent) -> str:
    row = 0
    async for _, value in asked.column(IF_PHYS_ADDRESS, "asking for its address"):
        row += 1
        if (found := mac(value)) or row == ROWS:
            return found
    return ""


async def _clock(asked: Agent, wire: Wire) -> ClockReading | None:
    value = await asked.get(HR_SYSTEM_DATE, "asking for its time")
    started, wall = asked.spoke_at
    took = wire.gate.now() - started
    if (device := date_and_time(value)) is None:
        return None
    return ClockReading(
        device=device,
        ours=wall + timedelta(seconds=took / 2),
        round_trip_ms=round(took * 1000),
        resolution_ms=DATE_AND_TIME_RESOLUTION_MS,
    )


def patience(wire: Wire, questions: int) -> float:
    """Seconds for each of so many questions, so that silence to all still leaves facts."""
    return min(wire.connect, 0.9 * wire.whole / questions)


@asynccontextmanager
async def _deadline(wire: Wire, target: Target, doing: str) -> AsyncIterator[None]:
    try:
        async with wire.within(target):
            yield
    except TimeoutError:
        raise TimedOut(target, f"not finished within {wire.whole:g} s", doing) from None
