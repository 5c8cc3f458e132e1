"""How a command ends when something is in the way: one clear message and exit code 2."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeVar

import typer

from appliance.ledger.errors import LedgerError
from appliance.outlets.serving import PageError
from appliance.running import commands, lock
from appliance.site.problems import SiteError
from appliance.visit.guard import KeptError

USAGE = 2
INTERRUPTED = 130

ENDINGS = (SiteError, LedgerError, KeptError, lock.Taken, commands.NoAnswer, PageError)
"""What the user can mend; the text says how."""

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return guarded(lambda: asyncio.run(work))


def guarded(work: Callable[[], T]) -> T:
    """What `work` returns; what the user can mend becomes its message instead of a traceback."""
    try:
        return work()
    except ENDINGS as error:
        fail(str(error))
    except OSError as error:
        fail(_explained(error))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def printed(command: Callable[[], object]) -> None:
    """A whole command; where what it says cannot be written, as to a full disk, it says that."""
    try:
        command()
    except OSError as error:
        _silence(sys.stdout)
        with suppress(OSError):
            where = error.filename or "the output"
            sys.stderr.write(f"{where}: could not be written ({error.strerror or error})\n")
        sys.exit(USAGE)


def _silence(stream: TextIO) -> None:
    """What is left in it goes nowhere: it would be tried again, and fail, while Python ends."""
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def fail(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(USAGE)


def _explained(error: OSError) -> str:
    if error.filename is None:
        return error.strerror or str(error)
    why = (error.strerror or type(error).__name__).lower()
    if isinstance(error, PermissionError):
        why += "; run upheld as a user who may, or change the owner or the mode"
    elif isinstance(error, FileExistsError | NotADirectoryError):
        why += "; a directory is wanted there: name another, or move the file away"
    return f"{error.filename}: {why}"
