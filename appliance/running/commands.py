"""The control socket: how commands reach a running daemon, one JSON line each way."""

from __future__ import annotations

import asyncio
import grp
import json
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from appliance.ledger.errors import LedgerError
from appliance.visit.guard import KeptError
from appliance.visit.guard.peers import Peer, peer_of

NAME = "control.sock"
STOPPERS = "upheld-stop"
LONGEST = 64 * 1024 * 1024


class NoAnswer(Exception):
    """A daemon is there but its answer is not: the text says what happened and what to do."""


Handler = Callable[[dict[str, Any], Peer], Awaitable[dict[str, Any]]]


async def serve(state_dir: Path, handler: Handler) -> asyncio.Server:
    """Listen for commands of whoever may write to the state directory."""
    path = state_dir / NAME
    path.unlink(missing_ok=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            try:
                peer = peer_of(writer.get_extra_info("socket"))
                reply = await handler(dict(json.loads(await reader.readline())), peer)
            except (TypeError, ValueError) as error:
                reply = {"error": f"not a command: {error}"}
            except (LedgerError, KeptError) as error:
                reply = {"error": str(error)}
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, path, limit=LONGEST)
    path.chmod(0o660)
    # Whoever may stop us must reach us; without such a group only our own user does.
    with suppress(KeyError, PermissionError):
        os.chown(path, -1, grp.getgrnam(STOPPERS).gr_gid)
    return server


async def send(state_dir: Path, command: dict[str, Any]) -> dict[str, Any] | None:
    """The daemon's answer, or None when none is running there.  Raises `NoAnswer`."""
    path = state_dir / NAME
    try:
        reader, writer = await asyncio.open_unix_connection(path, limit=LONGEST)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except PermissionError:
        raise NoAnswer(
            f"{path}: this user may not command the running upheld; "
            "run the command as its user, or as a member of its group"
        ) from None
    except OSError as error:
        raise NoAnswer(f"{path}: {(error.strerror or str(error)).lower()}") from error
    try:
        writer.write(json.dumps(command).encode() + b"\n")
        await writer.drain()
        reply = await reader.readline()
    except (ConnectionError, ValueError) as error:
        raise NoAnswer(_broken_off(path)) from error
    finally:
        writer.close()
    return _understood(path, reply)


def _understood(path: Path, reply: bytes) -> dict[str, Any]:
    # A daemon that died in mid-answer leaves half a line, which may even be whole JSON.
    if not reply.endswith(b"\n"):
        raise NoAnswer(_broken_off(path))
    try:
        answer = json.loads(reply)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise NoAnswer(f"{path}: whoever listens there is no upheld; its answer is no JSON object")
    return answer


def _broken_off(path: Path) -> str:
    return (
        f"{path}: the running upheld hung up before its answer was whole; "
        "look at its log, then ask again"
    )
