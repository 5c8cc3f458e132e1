"""The witness as a process: its key, the logs it looks after, its door, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from appliance.clock import SystemClock
from appliance.ledger import durable
from appliance.ledger.anchors.cosignature import Cosigner
from appliance.ledger.errors import LedgerError
from appliance.ledger.keys import own_seed
from appliance.ledger.note import Verifier
from appliance.outlets.serving import Door, serve
from appliance.site.model import Web
from appliance.site.secrets import Secrets
from appliance.witness.rules import Pinned, pinned
from appliance.witness.server import Cosigning, create
from appliance.witness.state import State

KEY_FILE = "witness.key"
VKEY_FILE = "witness.vkey"
STATE_FILE = "witness.db"
LOGS = "logs"

log = structlog.get_logger()


@dataclass(frozen=True)
class Files:
    """A witness's folder: key, state, and a file `logs/*.vkey` for each log it looks after."""

    folder: Path

    def cosigner(self, name: str) -> Cosigner:
        """
        Its key, made when there is none; the public half beside it.

        Raises `LedgerError` for a key others may read, when it was called otherwise before, and
        when what it has seen is gone: it would cosign a log that was cut.
        """
        cosigner = Cosigner(name, own_seed(self.folder / KEY_FILE))
        path, line = self.folder / VKEY_FILE, cosigner.witness.vkey + "\n"
        if not (self.folder / STATE_FILE).exists():
            if path.exists():
                raise LedgerError(
                    f"{self.folder / STATE_FILE}: what this witness has cosigned is gone; restore "
                    "it, or begin in another folder with another name, and give out its new key"
                )
            # Before the key is known to anybody, so that the one without the other is a loss.
            State(self.folder / STATE_FILE).close()
        if not path.exists():
            durable.write(path, line.encode(), mode=0o644, replace=True)
        elif (known := path.read_text("utf-8", "replace")) != line:
            raise LedgerError(
                f"{path}: says {known.strip()!r}, but name and key at hand are "
                f"{cosigner.witness.vkey!r}; give the name it had, or begin in another folder."
            )
        return cosigner

    def logs(self) -> list[Verifier]:
        """Raises `LedgerError` naming the file that holds no log's key."""
        found = []
        for path in sorted((self.folder / LOGS).glob("*.vkey")):
            try:
                lines = path.read_text("utf-8").split("\n")
                found += [Verifier.parse(line) for line in lines if line.strip()]
            except (OSError, UnicodeDecodeError, LedgerError) as error:
                raise LedgerError(f"{path}: {error}") from error
        return found


class Known:
    """The pinned logs; `reread` takes up what was added, and keeps the old when it is broken."""

    def __init__(self, files: Files, more: Sequence[Verifier]) -> None:
        self._files, self._more = files, tuple(more)
        self._pinned = self._read()

    def __call__(self) -> Pinned:
        return self._pinned

    def reread(self) -> None:
        try:
            self._pinned = self._read()
        except LedgerError as error:
            log.error("the keys of the logs were not taken up", why=str(error))
        else:
            log.info("looks after", logs=sorted(self._pinned))

    def _read(self) -> Pinned:
        return pinned([*self._files.logs(), *self._more])


async def witness(folder: Path, name: str, web: Web, logs: Sequence[Verifier] = ()) -> None:
    """
    Cosign until SIGTERM or SIGINT; SIGHUP reads the keys of the logs and the certificate again.

    Raises `LedgerError` for key, state and pinned keys of no use, `PageError` for the door.
    """
    files = Files(folder)
    folder.mkdir(parents=True, exist_ok=True)
    known = Known(files, logs)
    if not known():
        raise LedgerError(
            f"{folder / LOGS}: there is no *.vkey here; copy the evidence.vkey of each appliance "
            "to look after into it, or name one with --log"
        )
    cosigner = files.cosigner(name)
    # A path as the command was given it.
    secrets = Secrets(Path.cwd())
    door = Door.open(web, secrets)
    with door.listener:
        state = State(folder / STATE_FILE)
        try:
            stop = asyncio.Event()
            _signals(stop, known, lambda: door.renew(web, secrets))
            log.info("witness", vkey=cosigner.witness.vkey, logs=sorted(known()))
            app = create(Cosigning(cosigner, state, known, SystemClock()))
            await serve(app, door, stop, names=None)
        finally:
            state.close()


def _signals(stop: asyncio.Event, known: Known, renew: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()

    def again() -> None:
        known.reread()
        try:
            renew()
        except Exception:
            log.exception("the certificate was not taken up")

    with suppress(NotImplementedError, RuntimeError, ValueError):
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, again)
