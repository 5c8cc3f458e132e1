"""
What a start writes down: the log's opening, the start itself with the gap before it, what changed.

And before the first turn it asks, for a few seconds at most, whoever may know more of this ledger
than it holds; who cannot be reached now is asked as soon as he can be.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from appliance.anchoring.anchor import Anchor, Failed
from appliance.anchoring.copies import Copies
from appliance.ledger import bodies, durable
from appliance.ledger.anchors.outside import Outside, contradiction, found
from appliance.ledger.errors import LedgerError, NoteError
from appliance.rounds.round import Rounds
from appliance.site.difference import difference
from checks.facts.codec import canonical

log = structlog.get_logger()

FIRST_LOOK_SECONDS = 5.0
HEAD_FILE = "evidence.head"
KNOWN_FILE = "known.checkpoint"
CONFIGURATION = "configuration"
ALIVE = "alive"
STOPPED = "stopped"
_MACHINE_ID = Path("/etc/machine-id")


def machine() -> str:
    """This machine's name for its ledgers, not the id itself; empty where it has none."""
    try:
        identity = _MACHINE_ID.read_bytes().strip()
    except OSError:
        return ""
    # As machine-id(5) wants it: nobody who reads a ledger learns the id.
    return hmac.new(identity, b"upheld evidence", "sha256").hexdigest() if identity else ""


async def begun(rounds: Rounds) -> None:
    """Write down the start.  Raises `LedgerError`."""
    store, at = rounds.store, rounds.clock.now()
    noted = await store.noted()
    entries = []
    if store.size == 0:
        first = {"vkey": store.verifier.vkey, "version": version("upheld")}
        entries.append(bodies.entry("log.open", at, first))
    alive = json.loads(noted[ALIVE]) if ALIVE in noted else None
    started: dict[str, Any] = {
        "version": version("upheld"),
        "boot": rounds.clock.boot(),
        "clock": rounds.clock.quality(),
    }
    if alive is not None:
        # Not seen is not verified: the time in between belongs to nobody.
        started |= {"gap_from": alive["t"], "ended": alive["how"]}
        started["same_boot"] = alive["boot"] == rounds.clock.boot()
    entries.append(bodies.entry("started", at, started))
    entries.append(await _configuration(rounds, noted.get(CONFIGURATION, b"").decode()))
    digest = rounds.loaded.digest
    await store.commit(
        entries,
        contents={digest: canonical(rounds.loaded.plain)},
        noted={CONFIGURATION: digest.encode(), ALIVE: still_alive(rounds, "died")},
    )


async def stopped(rounds: Rounds, state_dir: Path, why: str) -> None:
    """Write down an orderly end; what cannot be written must not keep us from ending."""
    try:
        await rounds.store.commit(
            [bodies.entry("stopped", rounds.clock.now(), {"why": why})],
            noted={ALIVE: still_alive(rounds, STOPPED)},
        )
        await keep_head(rounds, state_dir)
    except (LedgerError, OSError) as error:
        log.error("the end could not be written down", why=str(error))


def still_alive(rounds: Rounds, how: str) -> bytes:
    """The row that says when this process was last seen to live."""
    return canonical({"t": rounds.clock.now().isoformat(), "boot": rounds.clock.boot(), "how": how})


async def _configuration(rounds: Rounds, before: str) -> bytes:
    """Each accepted configuration is an entry, with its difference to the one before."""
    changes: tuple[str, ...] = ("started",)
    digest = rounds.loaded.digest
    if before and before != digest:
        try:
            old = json.loads(await rounds.store.content(before))
        except LedgerError:
            changes += ("the configuration before is not kept in this ledger",)
        else:
            changes += difference(old, rounds.loaded.plain)
    fields: dict[str, Any] = {"digest": digest, "changes": list(changes), "content": digest}
    if rounds.site.site.laboratory:
        fields["laboratory"] = True
    return bodies.entry("config.change", rounds.clock.now(), fields)


async def looked_around(
    rounds: Rounds, copies: Copies, anchors: Sequence[Anchor], state_dir: Path
) -> None:
    """The start-up rule: whoever answers in time and contradicts this ledger is believed."""
    outside = [o for o in map(partial(_file, rounds), _files(state_dir)) if o is not None]
    asked = [asyncio.create_task(_asked(rounds, anchor)) for anchor in anchors]
    if asked:
        done, late = await asyncio.wait(asked, timeout=FIRST_LOOK_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        outside += [o for task in done if (o := task.result()) is not None]
    own = rounds.store.verifier.name
    for one in sorted(outside, key=lambda o: (-o.incarnation, -o.checkpoint.size)):
        why = await rounds.store.read(partial(contradiction, outside=one, own=own))
        if why is not None:
            await copies.found(one, why)
            return


async def keep_head(rounds: Rounds, state_dir: Path) -> None:
    """
    A copy of the head beside the ledger, for an older ledger that is copied back without thinking.

    It binds nobody who copies both; the anchors do.
    """
    note = await rounds.store.latest_checkpoint()
    path = state_dir / HEAD_FILE
    await asyncio.to_thread(durable.write, path, note.encode(), mode=0o644, replace=True)


def _files(state_dir: Path) -> list[Path]:
    return [state_dir / HEAD_FILE, state_dir / KNOWN_FILE]


def _file(rounds: Rounds, path: Path) -> Outside | None:
    try:
        note = path.read_text("utf-8")
        return found(f"The file {path.name}", note, rounds.store.verifier)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, NoteError) as error:
        log.warning("a kept checkpoint says nothing", file=path.name, why=str(error))
        return None


async def _asked(rounds: Rounds, anchor: Anchor) -> Outside | None:
    try:
        note = await anchor.known()
        if note is None:
            return None
        return found(f"The anchor {anchor.id}", note, rounds.store.verifier)
    except (Failed, NoteError) as error:
        log.warning("an anchor says nothing of this ledger", anchor=anchor.id, why=str(error))
    except Exception:
        log.exception("an anchor could not be asked", anchor=anchor.id)
    return None
