"""
Ask a TLS server what it accepts and who it is.

On the wire, one TCP connection at a time, each closed by draining:

- `server`: one whole handshake as today's clients make it (TLS 1.2 or 1.3, no server name, no
  client certificate), the wait for a late alert where it asked for one, close_notify.
- `versions`: one ClientHello each for SSL 3.0, TLS 1.0 and TLS 1.1; where the alert does not name
  the version, one more with suites that need no signature; after a ServerHello a close_notify.
  Once two versions were accepted no more are tried.
- `weak_suites`: one ClientHello with every weak suite; what the server chooses is accepted, and its
  group is left out of the next, until an alert comes or two groups were accepted.

Never sent: application data, a certificate or a name of ours, early data, a renegotiation, an
alert other than close_notify.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from checks.facts.tls import (
    TlsAnswer,
    TlsServer,
    TlsTrial,
    TlsTrust,
    TlsVersion,
    TlsVersions,
    TlsWeakSuites,
)
from collectors import certificates, tls_hello, trust
from collectors.credentials import Trust
from collectors.errors import CollectError, HungUp, TimedOut, Unintelligible
from collectors.tls_hello import KEY_TRANSPORT, NUMBERS, OLD, WEAK, Answer, Heard, alert_name
from collectors.tls_openssl import Client
from collectors.wire import DRAIN_SECONDS, Stream, Target, Wire

OLD_VERSIONS = (TlsVersion.SSL3, TlsVersion.TLS10, TlsVersion.TLS11)
MOST_ACCEPTED = 2
PIECE = 16_384
MOST_OF_AN_ANSWER = 16_384

# What refuses a version or all suites.  Other alerts speak of something else, so they prove nothing.
_REFUSES = frozenset({40, 49, 70, 71})
_PROTOCOL_VERSION, _HANDSHAKE_FAILURE, _INTERNAL_ERROR = 70, 40, 80
# What refuses a client without a certificate; GnuTLS says decode_error to an empty list (TLS 1.2).
_REFUSES_NOBODY = frozenset({40, 41, 42, 43, 46, 48, 49, 50, 116})
_HANDSHAKE = "making a TLS handshake"


class _Phase(Enum):
    SHAKING = auto()
    LISTENING = auto()
    LEAVING = auto()


@dataclass
class _Course:
    """How far a handshake came, and what ended it other than us."""

    client: Client = field(default_factory=Client)
    phase: _Phase = _Phase.SHAKING
    error: CollectError | None = None

    async def run(self, stream: Stream, late: float) -> None:
        client = self.client
        await shaken(stream, client)
        if not client.done or client.ended:
            return
        if client.asked:
            self.phase = _Phase.LISTENING
            await _listened(stream, client, late)
            if client.ended or client.closed:
                return
        self.phase = _Phase.LEAVING
        await left(stream, client)


async def shaken(stream: Stream, client: Client) -> None:
    """Make the handshake: until it is `done`, or `ended` or `closed` says that it is over."""
    while True:
        if flight := client.taken():
            await stream.send(flight)
        if client.done or client.ended or client.closed:
            return
        client.feed(await stream.receive(PIECE))


async def left(stream: Stream, client: Client) -> None:
    """Say close_notify, and give the peer a moment to say it too."""
    if goodbye := client.goodbye():
        await stream.send(goodbye)
        await _listened(stream, client, DRAIN_SECONDS)


async def _listened(stream: Stream, client: Client, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not client.ended and not client.closed:
                client.feed(await stream.receive(PIECE))


async def server(wire: Wire, target: Target, *, trust: Trust) -> TlsServer:
    """
    One whole handshake.

    Facts as soon as the server has said anything in TLS that can be kept; before that
    `CollectError`: `Unintelligible` for what is no TLS, and what `Wire.stream` raises.
    """
    course = _Course()
    try:
        async with wire.stream(target) as stream:
            await course.run(stream, wire.connect)
    except (TimedOut, HungUp, Unintelligible) as error:
        if not course.client.certificates:
            raise error.retold(_HANDSHAKE) from error.__cause__
        course.error = error
    finally:
        if course.client.agreed:
            wire.shook(target)
    client = course.client
    if client.broken and not client.heard:
        raise Unintelligible(target, f"the answer is no TLS, {client.broken}", _HANDSHAKE)
    if client.closed and not client.done and not client.certificates:
        raise HungUp(target, "it closed before it had answered", _HANDSHAKE)
    fits, problem = _trusted(wire, target, client, trust)
    completed, without = _judged(course)
    return TlsServer(
        version=client.version,
        cipher=client.cipher,
        completed=completed,
        certificates=tuple(certificates.certificate(der) for der in client.certificates),
        trust=fits,
        trust_problem=problem,
        client_certificate=client.asked,
        without_certificate=without,
        said=_said(course, completed),
    )


def _trusted(wire: Wire, target: Target, client: Client, stated: Trust) -> tuple[TlsTrust, str]:
    if not client.certificates:
        # Nothing to compare: neither trusted nor a stranger's.
        return (TlsTrust.UNPROVEN if stated != Trust() else TlsTrust.NOT_STATED), ""
    fits, problem = trust.judged(
        stated, client.certificates, target, wire.gate.wall(), in_date=False
    )
    if fits in (TlsTrust.PINNED, TlsTrust.CHAINED) and not client.proven:
        return TlsTrust.UNPROVEN, "the handshake ended before the server had shown its key"
    return fits, problem


def _judged(course: _Course) -> tuple[bool | None, TlsAnswer | None]:
    """Whether the handshake was completed, and the answer to our having no certificate."""
    client = course.client
    if client.ended:
        refused = client.asked and client.flown and client.alert in _REFUSES_NOBODY
        return False, TlsAnswer.REFUSED if refused else None
    if not client.asked or not client.flown:
        return (True if client.done else None), None
    if course.phase is _Phase.LEAVING:
        taken = client.answered or client.closed
        return (True, TlsAnswer.ACCEPTED) if taken else (None, TlsAnswer.SILENT)
    if isinstance(course.error, TimedOut):
        return None, TlsAnswer.SILENT
    return None, TlsAnswer.CUT


def _said(course: _Course, completed: bool | None) -> str:
    if course.client.ended or completed:
        return f"The server says: {course.client.ended}." if course.client.ended else ""
    if course.error is not None and course.phase is not _Phase.LEAVING:
        return f"The handshake broke off: {course.error.what}."
    if course.client.closed:
        return "The server closed the connection before the handshake was known to be finished."
    return "The server did not show whether it finished the handshake."


def control_of(server: TlsServer) -> TlsVersion | None:
    """
    The version of a handshake that shows the server at work beside refusals.

    One that only failed for want of a client certificate shows it too: the server had proved its
    key by then.
    """
    whole = server.completed or server.without_certificate is TlsAnswer.REFUSED
    return server.version if whole else None


async def versions(wire: Wire, target: Target, *, control: TlsVersion | None) -> TlsVersions:
    """
    One ClientHello for each version before TLS 1.2; `control` as in the facts.

    Raises `Unintelligible` for an answer that is no TLS, and what keeps `Wire.stream` from opening.
    """
    answers: dict[TlsVersion, Answer | TlsAnswer] = {}
    chosen: set[TlsVersion] = set()
    for version in OLD_VERSIONS:
        if len(chosen) >= MOST_ACCEPTED:
            break
        answer = await _tried(wire, target, version, OLD)
        if _unclear(version, answer):
            answer = await _tried(wire, target, version, KEY_TRANSPORT)
        answers[version] = answer
        if isinstance(answer, Answer) and answer.version is not None:
            chosen.add(answer.version)
    return TlsVersions(
        tuple(
            _trial(v.value, a, accepted=v in chosen, refuses=_REFUSES | {_INTERNAL_ERROR})
            for v, a in answers.items()
        ),
        control,
    )


def _unclear(version: TlsVersion, answer: Answer | TlsAnswer) -> bool:
    """
    Whether an alert may speak of the suites and not of the version.

    OpenSSL 3 says internal_error to versions its security level excludes, and so it does to a
    signature it may not make; SSL 3.0 knows no alert for versions.
    """
    if not isinstance(answer, Answer) or answer.alert in (None, _PROTOCOL_VERSION):
        return False
    return not (version is TlsVersion.SSL3 and answer.alert == _HANDSHAKE_FAILURE)


async def weak_suites(wire: Wire, target: Target, *, control: TlsVersion | None) -> TlsWeakSuites:
    """As `versions`, for the groups of weak suites."""
    accepted: list[str] = []
    groups = dict(WEAK)
    trials: list[TlsTrial] = []
    while groups and len(accepted) < MOST_ACCEPTED:
        offered = tuple(suite for group in groups.values() for suite in group)
        answer = await _tried(wire, target, TlsVersion.TLS12, offered)
        if not isinstance(answer, Answer) or answer.version is None:
            trials += [_trial(name, answer, accepted=False) for name in groups]
            break
        name = next(name for name, suites in groups.items() if answer.suite in suites)
        accepted.append(name)
        trials.append(_trial(name, answer, accepted=True))
        del groups[name]
    return TlsWeakSuites(tuple(trials), control)


def _trial(
    offered: str,
    answer: Answer | TlsAnswer,
    *,
    accepted: bool,
    refuses: frozenset[int] = _REFUSES,
) -> TlsTrial:
    if accepted:
        return TlsTrial(offered, TlsAnswer.ACCEPTED)
    if isinstance(answer, TlsAnswer):
        return TlsTrial(offered, answer)
    if answer.alert is None:
        # It chose an older version than offered, which stands in that one's own trial.
        return TlsTrial(offered, TlsAnswer.REFUSED)
    refused = answer.alert in refuses
    return TlsTrial(
        offered, TlsAnswer.REFUSED if refused else TlsAnswer.CUT, alert_name(answer.alert)
    )


async def _tried(
    wire: Wire, target: Target, version: TlsVersion, suites: tuple[int, ...]
) -> Answer | TlsAnswer:
    """What comes back on one ClientHello; SILENT or CUT when nothing whole does."""
    # A server that is silent to each of them may not take longer than one question may.
    wire = replace(wire, whole=wire.whole / len(OLD_VERSIONS))
    heard = Heard(version, suites)
    hello = tls_hello.client_hello(version, suites, secrets.token_bytes(32))
    answer: Answer | None = None
    try:
        async with wire.stream(target, cap=MOST_OF_AN_ANSWER) as stream:
            await stream.send(hello)
            while answer is None:
                answer = heard.feed(await stream.receive())
            if answer.version is not None:
                wire.shook(target)
                await stream.send(tls_hello.close_notify(NUMBERS[answer.version]))
    except TimedOut:
        return answer or TlsAnswer.SILENT
    except HungUp:
        return answer or TlsAnswer.CUT
    except ValueError as error:
        raise Unintelligible(target, str(error), f"offering {version}") from error
    return answer
