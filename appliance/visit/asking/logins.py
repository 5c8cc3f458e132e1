"""What an asset may be logged in to with: the inventory's credentials behind their latches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from appliance.site.credentials import resolve, resolve_next
from appliance.site.model import Site
from appliance.site.secrets import SecretError, Secrets
from appliance.visit.guard.event import Event
from appliance.visit.guard.latch import Latches, NotTried
from collectors.credentials import Community, Credential
from collectors.errors import Denied, LoginFailed, NotPermitted
from collectors.wire import Target


@dataclass(frozen=True)
class Logins:
    """
    One asset's logins in one visit.

    `patience` is how many seconds it waits while another asset tries the same new secret; `note`
    is handed what a refusal led to.
    """

    site: Site
    secrets: Secrets
    latches: Latches
    visit: str
    patience: float
    note: Callable[[Event], None]

    def key_pair(self, name: str) -> Credential:
        """A credential that identifies our software and logs nobody in.  Raises `Denied`."""
        return self._resolved(name)

    def former(self, name: str) -> Credential:
        """What should be let in no longer, so that a refusal latches nothing.  Raises `Denied`."""
        return self._resolved(name)

    def for_a_look(self, name: str, target: Target) -> Credential | None:
        """
        What to look with whether an SNMP agent lives; None when that might be a failing login.

        A community that never worked there may be a wrong one: it is not said into a silence again.
        Raises `Denied` when the site does not have it.
        """
        secret = self._resolved(name)
        proven = self.latches.worked(name, target.address, self.latches.digest(secret))
        return secret if proven or not isinstance(secret, Community) else None

    @asynccontextmanager
    async def trying(self, name: str, target: Target) -> AsyncIterator[Credential]:
        """
        One login.  Inside, `LoginFailed` means that the device refused it, and no error that it
        worked.

        Raises `NotPermitted` before anything is sent when the credential is latched, and `Denied`
        when the site does not have it.
        """
        secret = self._resolved(name)
        following = self._following(name)
        digests = {"secret": self.latches.digest(secret)}
        if following is not None:
            digests["next"] = self.latches.digest(following)
        choice = self.latches.choose(
            name,
            target.address,
            secret=digests["secret"],
            following=digests.get("next"),
            visit=self.visit,
        )
        if isinstance(choice, str):
            raise NotPermitted(target, choice, "logging in")
        used = following if choice.which == "next" and following is not None else secret
        try:
            async with self.latches.trying(
                name, target.address, choice, visit=self.visit, patience=self.patience
            ) as attempt:
                try:
                    yield used
                except LoginFailed as error:
                    attempt.failed(error.what)
                    for event in attempt.events:
                        self.note(event)
                    raise
                attempt.worked()
        except NotTried as error:
            raise NotPermitted(target, str(error), "logging in") from error

    def _resolved(self, name: str) -> Credential:
        try:
            return resolve(self.site, self.secrets, name)
        except SecretError as error:
            raise Denied(f"credential {name}", str(error)) from error

    def _following(self, name: str) -> Credential | None:
        try:
            return resolve_next(self.site, self.secrets, name)
        except SecretError:
            # What is to come may not be there yet; what there is still works.
            return None
