"""Which configuration is in force: taken up when it is whole, and written down with its difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from appliance import publishing
from appliance.anchoring.made import anchors
from appliance.ledger import bodies
from appliance.outlets.serving import Door, PageError
from appliance.rounds.restoring import forget
from appliance.rounds.round import Rounds
from appliance.running.accepting import guarded_by_the_kernel, same_appliance
from appliance.running.beginning import CONFIGURATION
from appliance.running.notify import notify
from appliance.site.difference import difference
from appliance.site.loading import load
from appliance.site.problems import SiteError
from appliance.site.secrets import Secrets
from appliance.visit.plan.difference import difference as plan_difference
from appliance.visit.plan.plan import plan
from checks.facts.codec import canonical

log = structlog.get_logger()


class Configured:
    """
    The configuration of a running appliance; `followed` is called when another is in force.

    `successful` says whether the newest reload was.
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

    async def reload(self) -> str:
        """Take up the configuration on disk if it is whole; says in one line what happened."""
        notify("RELOADING=1")
        rounds = self._rounds
        try:
            loaded = load(self._directory)
            same_appliance(rounds.loaded, loaded)
            guarded_by_the_kernel(loaded.site)
            secrets = Secrets(self._directory)
            publishing.usable(loaded.site, secrets, rounds.store)
            anchors(loaded.site, secrets, rounds.store)
            self._door.renew(loaded.site.appliance.web, secrets)
        except (SiteError, PageError) as error:
            self.successful = False
            log.error("configuration refused, the old one stays", problem=str(error))
            return f"refused: {error}"
        finally:
            notify("READY=1")
        self.successful = True
        changes = difference(rounds.loaded.plain, loaded.plain)
        if not changes:
            return "nothing changed"
        changes += plan_difference(plan(rounds.site), plan(loaded.site))
        rounds.adopt(loaded)
        await forget(rounds)
        await record(rounds, changes)
        await self._outlets.follow()
        self._followed()
        log.info("configuration taken up", changes=len(changes))
        return f"taken up: {len(changes)} changes"


async def record(rounds: Rounds, changes: tuple[str, ...]) -> None:
    """Each accepted configuration is an entry, with its difference to the one before."""
    fields: dict[str, Any] = {"digest": rounds.loaded.digest, "changes": list(changes)}
    if rounds.site.site.laboratory:
        fields["laboratory"] = True
    # The whole configuration as it was read; secrets are references in it.
    fields["content"] = rounds.loaded.digest
    await rounds.store.commit(
        [bodies.entry("config.change", rounds.clock.now(), fields)],
        contents={rounds.loaded.digest: canonical(rounds.loaded.plain)},
        noted={CONFIGURATION: rounds.loaded.digest.encode()},
    )
