"""
Credential latches: a login that failed is not tried again until a person has looked.

A wrong password on a hundred devices must be one failed login, not a hundred locked accounts.  So
a secret that has worked nowhere yet is tried by one asset at a time, and its first failure ends it
everywhere; one that works elsewhere ends for the asset that denied it, until a second one does.

Secrets are told apart by a keyed digest; neither they nor anything they can be guessed from is
kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from appliance.clock import Clock
from appliance.visit.guard.elapsed import Stamp
from appliance.visit.guard.event import Event
from appliance.visit.guard.kept import Kept
from collectors.credentials import ClientCertificate, Credential

SECRET = "latch-secret"
LOGIN = "latch-login"
KEY = "latch-key"
TOGETHER = 24 * 3600.0
UNFINISHED = 2

Which = Literal["secret", "next"]


class NotTried(Exception):
    """Nothing was sent: the text says whether a latch or another asset's attempt is why."""


@dataclass(frozen=True)
class Choice:
    """Which of a credential's two secrets one asset uses in one visit."""

    which: Which
    digest: str
    changing: bool = False
    """It is `secret` while a `next` is configured: a denial may mean the device has changed."""


@dataclass
class Attempt:
    """
    One login under way.  Saying nothing means that nobody judged it: silence, a lost connection.

    `events` has what came of it once the attempt has ended.
    """

    _latches: Latches
    credential: str
    address: str
    choice: Choice
    settled: bool = False
    events: list[Event] = field(default_factory=list)

    def worked(self) -> None:
        self.settled = True
        self._latches._worked(self)  # noqa: SLF001 - one idea in two classes

    def failed(self, why: str) -> None:
        """The device judged the login and refused it."""
        self.settled = True
        self.events += self._latches._failed(self, why)  # noqa: SLF001


class Latches:
    """What each secret did where, kept by credential, digest and address."""

    def __init__(self, kept: Kept, clock: Clock) -> None:
        self._kept = kept
        self._clock = clock
        self._turns: dict[str, asyncio.Lock] = {}
        key = kept.get(KEY, KEY)
        if key is None:
            key = {"key": secrets.token_hex(32)}
            kept.put(KEY, KEY, key)
        self._key = bytes.fromhex(key["key"])

    def digest(self, credential: Credential) -> str:
        """The same for the same secret, nothing to anybody without this appliance's own key."""
        plain = _plain(credential)
        text = json.dumps(plain, sort_keys=True).encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    def choose(
        self, credential: str, address: str, *, secret: str, following: str | None, visit: str
    ) -> Choice | str:
        """
        Which secret this asset uses in this visit, by digest; a text when it may use none.

        What worked here is used again.  Otherwise `secret` until it was denied here or is latched
        everywhere, then `following`; never both in one visit.
        """
        digests: dict[Which, str] = {"secret": secret}
        if following is not None and following != secret:
            digests["next"] = following
        login = self._login(credential, address)
        open_: list[Which] = [
            w for w, d in digests.items() if not self._shut(credential, address, d)
        ]
        worked = [w for w in open_ if digests[w] == login["worked"]]
        chosen = next(iter(worked or open_), None)
        if chosen is None:
            return self._shut(credential, address, digests["secret"])
        if login["visit"] == visit and login["used"] != digests[chosen]:
            return f"the other secret of {credential} was used in this visit already"
        return Choice(chosen, digests[chosen], chosen == "secret" and len(digests) == 2)

    def worked(self, credential: str, address: str, digest: str) -> bool:
        """Whether this very secret was accepted there when it was last tried."""
        login = self._login(credential, address)
        return login["worked"] == digest and not self._shut(credential, address, digest)

    def latched(self, credential: str, address: str, digest: str) -> str | None:
        """Why this secret may not be used at this address; None when it may."""
        return self._shut(credential, address, digest) or None

    @asynccontextmanager
    async def trying(
        self,
        credential: str,
        address: str,
        choice: Choice,
        *,
        visit: str,
        patience: float = 0.0,
    ) -> AsyncIterator[Attempt]:
        """
        One login attempt.  Raises `NotTried` before anything is sent.

        Where the secret has not proven itself, attempts take turns; `patience` is how many
        seconds this one waits for its turn.
        """
        digest = choice.digest
        self._refuse_latched(credential, address, digest)
        attempt = Attempt(self, credential, address, choice)
        if not self._alone(credential, address, digest):
            async with self._under_way(attempt, visit):
                yield attempt
            return
        turn = self._turns.setdefault(f"{credential}|{digest}", asyncio.Lock())
        if turn.locked() and patience <= 0:
            raise NotTried(f"{credential} is being tried elsewhere; this asset waits its turn")
        try:
            async with asyncio.timeout(patience if turn.locked() else None):
                await turn.acquire()
        except TimeoutError:
            raise NotTried(
                f"{credential} is being tried elsewhere, for {patience:g} s already"
            ) from None
        try:
            # Whoever was before us may have ended it for everybody.
            self._refuse_latched(credential, address, digest)
            async with self._under_way(attempt, visit):
                yield attempt
        finally:
            turn.release()

    def rearm(self, credential: str, who: str, why: str) -> Event | None:
        """A person has looked: the credential may be tried again.  None when nothing was shut."""
        shut = False
        for key, value in self._kept.all(LOGIN).items():
            if key.startswith(f"{credential}|") and (value["denied"] or value["unfinished"]):
                shut = True
                self._kept.put(LOGIN, key, {**value, "denied": {}, "unfinished": {}})
        for key, value in self._kept.all(SECRET).items():
            if key.startswith(f"{credential}|") and (value["latched"] or value["failed"]):
                shut = True
                self._kept.put(SECRET, key, {**value, "latched": "", "failed": {}})
        if not shut:
            return None
        reason = f": {why}" if why else ""
        return Event(
            "credential.rearmed", credential, f"{credential} was rearmed by {who}{reason}."
        )

    def everywhere(self) -> tuple[tuple[str, str], ...]:
        """(credential, why) of every secret that is tried nowhere any more."""
        latched = {k: v["latched"] for k, v in self._kept.all(SECRET).items()}
        return tuple((key.partition("|")[0], why) for key, why in latched.items() if why)

    def all(self) -> tuple[tuple[str, str], ...]:
        """(credential, why) of every latch, for people."""
        found = list(self.everywhere())
        everywhere = {k for k, v in self._kept.all(SECRET).items() if v["latched"]}
        for key, value in self._kept.all(LOGIN).items():
            credential = key.partition("|")[0]
            for digest, why in value["denied"].items():
                if f"{credential}|{digest}" not in everywhere:
                    found.append((credential, why))
        return tuple(sorted(found))

    def _shut(self, credential: str, address: str, digest: str) -> str:
        if everywhere := self._secret(credential, digest)["latched"]:
            return str(everywhere)
        login = self._login(credential, address)
        if login["unfinished"].get(digest, 0) >= UNFINISHED:
            return (
                f"{credential} is latched for {address}: Upheld ended {UNFINISHED} times in the "
                f"middle of this login; look why, then upheld rearm {credential}"
            )
        return str(login["denied"].get(digest, ""))

    def _refuse_latched(self, credential: str, address: str, digest: str) -> None:
        if why := self._shut(credential, address, digest):
            raise NotTried(why)

    def _alone(self, credential: str, address: str, digest: str) -> bool:
        """Whether attempts take turns: the secret is new here, or was denied somewhere lately."""
        known = self._secret(credential, digest)
        here = self._login(credential, address)["worked"] == digest
        return not here or bool(self._recent(known))

    @asynccontextmanager
    async def _under_way(self, attempt: Attempt, visit: str) -> AsyncIterator[None]:
        """Kept before the first byte: a secret that kills us must not be tried for ever."""
        login = self._login(attempt.credential, attempt.address)
        count = login["unfinished"].get(attempt.choice.digest, 0)
        login["unfinished"][attempt.choice.digest] = count + 1
        login |= {"visit": visit, "used": attempt.choice.digest}
        self._put(LOGIN, attempt.credential, attempt.address, login)
        try:
            yield
        finally:
            login = self._login(attempt.credential, attempt.address)
            login["unfinished"].pop(attempt.choice.digest, None)
            self._kept.insist(LOGIN, f"{attempt.credential}|{attempt.address}", login)

    def _worked(self, attempt: Attempt) -> None:
        login = self._login(attempt.credential, attempt.address)
        if login["worked"] != attempt.choice.digest:
            login["worked"] = attempt.choice.digest
            self._put(LOGIN, attempt.credential, attempt.address, login)
        known = self._secret(attempt.credential, attempt.choice.digest)
        # Two addresses are enough to know of one that is not the asking one.
        if attempt.address not in known["proven"] and len(known["proven"]) < 2:
            known["proven"].append(attempt.address)
            self._put(SECRET, attempt.credential, attempt.choice.digest, known)

    def _failed(self, attempt: Attempt, why: str) -> list[Event]:
        credential, address = attempt.credential, attempt.address
        known = self._secret(credential, attempt.choice.digest)
        elsewhere = [a for a in known["proven"] if a != address]
        said = f"{credential} is latched for {address}, which refused it ({why})"
        login = self._login(credential, address)
        login["denied"][attempt.choice.digest] = (
            f"{said}; upheld rearm {credential} when it is mended"
        )
        self._kept.insist(LOGIN, f"{credential}|{address}", login)
        if attempt.choice.changing and elsewhere:
            said = f"{address} refused the old secret of {credential}; its next visit uses the new"
            return [Event("credential.changing", credential, f"{said}.")]
        events = [Event("credential.latched", credential, f"{said}.")]
        others = [a for a in self._recent(known) if a != address]
        known["failed"] = {
            **{a: known["failed"][a] for a in others},
            address: Stamp.now(self._clock).plain(),
        }
        if others or not elsewhere:
            because = f"{others[0]} refused it too" if others else "it has worked nowhere else yet"
            said = f"{credential} is latched everywhere: {address} refused it ({why}) and {because}"
            known["latched"] = f"{said}; upheld rearm {credential} when it is mended"
            events = [Event("credential.latched", credential, f"{said}.")]
        self._kept.insist(SECRET, f"{credential}|{attempt.choice.digest}", known)
        return events

    def _recent(self, known: Mapping[str, Any]) -> list[str]:
        """Addresses that refused the secret in the last 24 h."""
        return [a for a, at in known["failed"].items() if Stamp.of(at).ago(self._clock) < TOGETHER]

    def _secret(self, credential: str, digest: str) -> dict[str, Any]:
        return self._kept.get(SECRET, f"{credential}|{digest}") or {
            "proven": [], "failed": {}, "latched": "",
        }  # fmt: skip

    def _login(self, credential: str, address: str) -> dict[str, Any]:
        return self._kept.get(LOGIN, f"{credential}|{address}") or {
            "worked": "", "denied": {}, "unfinished": {}, "visit": "", "used": "",
        }  # fmt: skip

    def _put(self, kind: str, credential: str, key: str, value: Mapping[str, Any]) -> None:
        self._kept.put(kind, f"{credential}|{key}", value)


def _plain(credential: Credential) -> dict[str, str]:
    if isinstance(credential, ClientCertificate):
        return {"certificate": credential.certificate.hex(), "key": credential.key.hex()}
    return {"kind": type(credential).__name__, **asdict(credential)}
