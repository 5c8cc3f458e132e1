"""
One SNMP agent, asked through the wire's relay; everything this product knows of gufo-snmp.

The client has no SET to call.  Each session has one UDP socket of the wire, so a late answer to
an earlier question can never be taken for an answer to a later one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

from gufo.snmp import (
    SnmpAuthError,
    SnmpError,
    SnmpVersion,
)
from gufo.snmp.aio import SnmpSession

from checks.facts.snmp import SnmpLevel
from collectors.credentials import Community, SnmpUser
from collectors.errors import (
    CollectError,
    HungUp,
    LoginFailed,
    TimedOut,
    Unintelligible,
)
from collectors.snmp_digest import AUTH as AUTH_FLAG
from collectors.snmp_digest import PRIV as PRIV_FLAG
from collectors.snmp_digest import genuine, plausible, refusal, whole
from collectors.snmp_keys import AUTH, master_key, user_at
from collectors.wire import PLAIN_CAP, Datagrams, Target, Wire

LOOPBACK = "127.0.0.1"
NEVER_SECONDS = 3_600.0
NOBODY = SnmpUser(user="")

Value = str | bytes | int | float
T = TypeVar("T")


def own_level(credential: Community | SnmpUser) -> SnmpLevel:
    """The level a credential asks at when nothing else is said."""
    if isinstance(credential, Community):
        return SnmpLevel.V2C
    if credential.priv_protocol:
        return SnmpLevel.AUTH_PRIV
    return SnmpLevel.AUTH_NO_PRIV if credential.auth_protocol else SnmpLevel.NO_AUTH_NO_PRIV


@dataclass
class Heard:
    """
    The question after which something came: `spoke_at` of the datagrams at that moment.

    The client waits on past what does not fit, and a question that something answered has not met
    with silence.  `refused`: an agent whose engine id was known refused our user.
    """

    after: tuple[float, datetime] | None = None
    refused: bool = False

    def raise_for_refusal(self) -> None:
        """The client takes such an answer for the agent's clock and would try the secret again."""
        if self.refused:
            raise SnmpAuthError("authentication failed")


@dataclass
class Agent:
    """One session with one agent at one level; every question takes at most `seconds`."""

    target: Target
    seconds: float
    _within: Callable[[Target, float], AbstractAsyncContextManager[None]]
    _session: SnmpSession
    _datagrams: Datagrams
    _heard: Heard
    _greeted: bool = False

    async def get(self, oid: str, doing: str) -> Value | None:
        """
        One GET; None when the agent answered without a value.

        Raises `TimedOut`, `Denied`, `Unintelligible` and what the wire raises.
        """
        return (await self.get_many((oid,), doing)).get(oid)

    async def get_many(self, oids: Sequence[str], doing: str) -> dict[str, Value]:
        """
        One GET for all; what the agent does not have is left out.

        Raises as `get`, and `Unintelligible` for a value of something else: the client asked for a
        single value would take it for that one's.
        """

        async def work() -> dict[str, Value]:
            answer = await self._session.get_many(oids)
            if strange := [oid for oid in answer if oid not in oids]:
                raise ValueError(f"it is of {strange[0]}, which nobody asked for")
            return {oid: answer[oid] for oid in oids if answer.get(oid) is not None}  # type: ignore[misc]

        return await self._asked(work, doing)

    async def column(self, oid: str, doing: str) -> AsyncIterator[tuple[str, Value]]:
        """Instance and value of each row, one GetNext a row.  Raises as `get`."""
        rows = self._session.getnext(oid)

        async def work() -> tuple[str, Value] | None:
            try:
                return cast(tuple[str, Value], await anext(rows))
            except StopAsyncIteration:
                return None

        while (row := await self._asked(work, doing)) is not None:
            yield row[0].removeprefix(f"{oid}."), row[1]

    async def bulk(
        self, oid: str, doing: str, *, repetitions: int
    ) -> AsyncIterator[tuple[str, Value] | None]:
        """
        Instance and value of each row, a GetBulk for every `repetitions`; None for a proven end.

        The client ends alike at an error of the agent, at the end of all it shows, and at a row
        behind the column; only the last of these is a proof.  Raises as `get`.
        """
        rows = self._session.getbulk(oid, max_repetitions=repetitions)

        async def work() -> tuple[str, Value] | None:
            try:
                return cast(tuple[str, Value], await anext(rows))
            except StopAsyncIteration:
                return None

        while True:
            # The client keeps an answer's rows here, with a None behind the column's last one; an
            # error of the agent leaves the list as it was.
            before = rows._buffer  # type: ignore[attr-defined]  # noqa: SLF001
            kept = list(before)
            row = await self._asked(work, doing)
            if row is None:
                break
            yield row[0].removeprefix(f"{oid}."), row[1]
        if kept == [None] or rows._buffer is not before:  # type: ignore[attr-defined]  # noqa: SLF001
            yield None

    async def discover(self, doing: str) -> bytes:
        """The agent's SNMPv3 engine id, which it tells everybody.  Raises as `get`."""

        async def work() -> bytes:
            return self.engine_id

        if not (found := await self._asked(work, doing)):
            raise Unintelligible(self.target, "the answer carries no engine id", doing)
        return found

    @property
    def engine_id(self) -> bytes:
        """Empty before the first answer, and for v1 and v2c."""
        return _engine_id(self._session)

    @property
    def spoke_at(self) -> tuple[float, datetime]:
        """When the last datagram left: our monotonic seconds and wall clock."""
        return self._datagrams.spoke_at

    async def _in_time(self, asking: Awaitable[T]) -> T:
        async with self._within(self.target, self.seconds):
            return await _unless_failed(asking, self._datagrams)

    async def _asked(self, work: Callable[[], Awaitable[T]], doing: str) -> T:
        async def greet() -> None:
            await self._session.refresh()
            self._heard.raise_for_refusal()

        try:
            # Each has an answer's time of its own: over a link of seconds both together would be
            # taken for silence.
            if not self._greeted:
                await self._in_time(greet())
                self._greeted = True
            return await self._in_time(work())
        except CollectError:
            raise
        except TimeoutError:
            raise self._nothing(doing) from None
        except SnmpAuthError as error:
            raise LoginFailed(self.target, f"the agent said {error}", doing) from error
        except (SnmpError, ValueError, RuntimeError) as error:
            # A value the client cannot make into one of Python's is a RuntimeError to it.
            raise Unintelligible(
                self.target, f"the answer cannot be read: {error}", doing
            ) from error
        except OSError as error:
            raise HungUp(self.target, f"the relay was lost: {error}", doing) from error
        except BaseException as error:
            # A panic of the client's compiled half is no Exception: unread, it would end the daemon.
            if type(error).__name__ != "PanicException":
                raise
            raise Unintelligible(self.target, "the answer broke the SNMP client", doing) from None

    def _nothing(self, doing: str) -> CollectError:
        """Silence, unless something came after the last question."""
        if self._heard.after == self._datagrams.spoke_at:
            return Unintelligible(self.target, "what came is no answer to our question", doing)
        return TimedOut(self.target, f"no answer within {self.seconds:g} s", doing)


@asynccontextmanager
async def agent(
    wire: Wire,
    target: Target,
    credential: Community | SnmpUser,
    level: SnmpLevel,
    *,
    seconds: float,
    cap: int = PLAIN_CAP,
) -> AsyncIterator[Agent]:
    """
    A session that asks at `level`; nothing is sent before the first question.

    It reads `cap` octets at most.

    Raises `Denied` when the credential cannot be used at that level, and what
    `Wire.datagrams` raises.
    """
    user = None if isinstance(credential, Community) else user_at(target, credential, level)
    async with wire.datagrams(target, cap=cap) as datagrams:
        signed = _signed(credential, level, lambda: _engine_id(session))
        heard = Heard()
        named = isinstance(credential, SnmpUser) and credential.user

        def passes(message: bytes) -> bool:
            heard.after = datagrams.spoke_at
            if not whole(message):
                raise Unintelligible(target, "the answer is no whole BER message")
            heard.refused |= bool(named and _engine_id(session)) and refusal(message)
            return plausible(message) and signed(message)

        port = datagrams.relay(passes)
        if isinstance(credential, Community):
            version = SnmpVersion.v1 if level is SnmpLevel.V1 else SnmpVersion.v2c
            # Its own timeout must never be the one that ends the waiting: ours says why, and
            # stands still while we wait for our own pace.
            session = SnmpSession(
                LOOPBACK,
                port,
                community=credential.community,
                version=version,
                timeout=NEVER_SECONDS,
                allow_bulk=False,
            )
        else:
            session = SnmpSession(
                LOOPBACK,
                port,
                user=user,
                version=SnmpVersion.v3,
                timeout=NEVER_SECONDS,
                allow_bulk=False,
            )
        yield Agent(target, seconds, wire.within, session, datagrams, heard)


def _engine_id(session: SnmpSession) -> bytes:
    try:
        return session.get_engine_id()
    except NotImplementedError:
        return b""


def _signed(
    credential: Community | SnmpUser, level: SnmpLevel, engine: Callable[[], bytes]
) -> Callable[[bytes], bool]:
    """Which answers reach the client: at a level with authentication, only signed ones."""
    flags = {SnmpLevel.AUTH_NO_PRIV: AUTH_FLAG, SnmpLevel.AUTH_PRIV: AUTH_FLAG | PRIV_FLAG}
    if isinstance(credential, Community) or level not in flags:
        return lambda _: True
    protocol, master = credential.auth_protocol, master_key(credential)

    def passes(message: bytes) -> bool:
        engine_id = engine()
        key = AUTH[protocol].get_localized_key(master, engine_id) if engine_id else b""
        return genuine(message, protocol=protocol, key=key, engine_id=engine_id, flags=flags[level])

    return passes


async def _unless_failed(work: Awaitable[T], datagrams: Datagrams) -> T:
    """The client's answer, or at once the reason why none can come any more."""
    asking = asyncio.ensure_future(work)
    ending = asyncio.ensure_future(datagrams.ended())
    try:
        await asyncio.wait({asking, ending}, return_when=asyncio.FIRST_COMPLETED)
        if datagrams.failure is not None:
            raise datagrams.failure
        if ending.done():
            ending.result()
        return await asking
    finally:
        asking.cancel()
        ending.cancel()
        await asyncio.gather(asking, ending, return_exceptions=True)
