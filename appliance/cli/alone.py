"""An appliance of the command's own, where no daemon runs: same ledger, same guard, same lock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from appliance import daemon
from appliance.anchoring.copies import Copies
from appliance.clock import SystemClock
from appliance.ledger import incarnation
from appliance.rounds.restoring import restore
from appliance.rounds.round import Rounds
from appliance.running import beginning, lock
from appliance.site.loading import Loaded
from appliance.visit.guard import GUARD_FILE, Guard, Kept


@asynccontextmanager
async def alone(config: Path, loaded: Loaded) -> AsyncIterator[Rounds]:
    """
    The rounds as they were left, until the command is done.

    Raises `Taken` when another process owns the state directory, and `LedgerError`.
    """
    state_dir = Path(loaded.site.appliance.state_dir)
    state_dir.mkdir(parents=True, exist_ok=True)
    owned = lock.take(state_dir)
    try:
        store = daemon.open_store(loaded, state_dir)
        kept = Kept.open(state_dir / GUARD_FILE)
        try:
            clock = SystemClock()
            rounds = Rounds(loaded, config, store, clock, Guard(clock, kept, loaded.site))
            await restore(rounds)
            copies = Copies(rounds, beginning.machine(), used=incarnation.known(state_dir))
            await copies.restore()
            await beginning.looked_around(rounds, copies, (), state_dir)
            yield rounds
        finally:
            kept.close()
            await store.close()
    finally:
        owned.close()
