"""Which configuration is in force: taken up when it is whole, and written down with its difference."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from appliance import publishing
from appliance.anchoring.made import anchors
from appliance.ledger import bodies
from appliance.ledger.errors import LedgerError
from appliance.outlets.serving import Door, PageError
from appliance.rounds.restoring import forget
from appliance.rounds.round import Rounds
from appliance.running.accepting import guarded_by_the_kernel, same_appliance
from appliance.running.beginning import CONFIGURATION
from appliance.running.notify import notify
from appliance.site.difference import difference
from appliance.site.loading import Loaded, load
from appliance.site.problems import SiteError
from appliance.site.secrets import Secrets
from appliance.visit.plan.difference import difference as plan_difference
from appliance.visit.plan.plan import plan
from checks.facts.codec import canonical

log = structlog.get_logger()


class Configured:
    """
    The configuration of a running appliance; `followed` is called when another is in force.

    `successful` says whether the newest reload was, and in whole.
    """

    def __init__(
        self,
        directory: Path,
        rounds: Rounds,
        door: Door,
        outlets: publishing.Publishing,
        followed: Callable[[], None],
    ) -> None:
        self._directory = directory
        self._rounds = rounds
        self._door = door
        self._outlets = outlets
        self._followed = followed
        self.successful = True
        self._whole = True
        self._one = asyncio.Lock()

    async def reload(self) -> str:
        """Take up the configuration on disk if it is whole; says in one line what happened."""
        # Two at a time would begin each changed outlet twice, and one of them nobody could end.
        async with self._one:
            notify("RELOADING=1")
            try:
                said = await self._taken_up()
            except (SiteError, PageError, LedgerError) as error:
                self.successful = False
                log.error("configuration refused, the old one stays", problem=str(error))
                return f"refused: {error}"
            finally:
                notify("READY=1")
            self.successful = self._whole
            return said

    async def _taken_up(self) -> str:
        """Raises `SiteError`, `PageError` and `LedgerError` while the old one is still in force."""
        rounds = self._rounds
        loaded = self._usable()
        changes = difference(rounds.loaded.plain, loaded.plain)
        if not changes and self._whole:
            return "nothing changed"
        if changes:
            changes += plan_difference(plan(rounds.site), plan(loaded.site))
            async with rounds.writing:
                # Written down first: nothing is judged by what no entry names.
                await _record(rounds, loaded, changes)
                rounds.adopt(loaded)
        self._whole = False
        try:
            await forget(rounds)
            await self._outlets.follow()
        except (SiteError, LedgerError) as error:
            log.error("configuration taken up in part; reload it again", problem=str(error))
            return f"taken up in part: {error}; mend that, then reload again"
        finally:
            # Who is visited when follows what is in force, whatever the ledger answers.
            self._followed()
        self._whole = True
        log.info("configuration taken up", changes=len(changes))
        return f"taken up: {len(changes)} changes"

    def _usable(self) -> Loaded:
        """What is on disk, when it can be run.  Raises `SiteError` and `PageError`."""
        rounds = self._rounds
        loaded = load(self._directory)
        same_appliance(rounds.loaded, loaded)
        guarded_by_the_kernel(loaded.site)
        secrets = Secrets(self._directory)
        publishing.usable(loaded.site, secrets, rounds.store)
        anchors(loaded.site, secrets, rounds.store)
        self._door.renew(loaded.site.appliance.web, secrets)
        return loaded


async def _record(rounds: Rounds, loaded: Loaded, changes: tuple[str, ...]) -> None:
    """Each accepted configuration is an entry, with its difference to the one before."""
    fields: dict[str, Any] = {"digest": loaded.digest, "changes": list(changes)}
    if loaded.site.site.laboratory:
        fields["laboratory"] = True
    # The whole configuration as it was read; secrets are references in it.
    fields["content"] = loaded.digest
    await rounds.store.commit(
        [bodies.entry("config.change", rounds.clock.now(), fields)],
        contents={loaded.digest: canonical(loaded.plain)},
        noted={CONFIGURATION: loaded.digest.encode()},
    )
