"""The control socket: how commands reach a running daemon, one JSON line each way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

NAME = "control.sock"
LONGEST = 64 * 1024 * 1024

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


async def serve(state_dir: Path, handler: Handler) -> asyncio.Server:
    """Listen for commands of whoever may write to the state directory."""
    path = state_dir / NAME
    path.unlink(missing_ok=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            try:
                reply = await handler(json.loads(await reader.readline()))
            except ValueError as error:
                reply = {"error": f"not a command: {error}"}
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, path, limit=LONGEST)
    path.chmod(0o660)
    return server


async def send(state_dir: Path, command: dict[str, Any]) -> dict[str, Any] | None:
    """The daemon's answer, or None when none is running there."""
    try:
        reader, writer = await asyncio.open_unix_connection(state_dir / NAME, limit=LONGEST)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    writer.write(json.dumps(command).encode() + b"\n")
    await writer.drain()
    reply = await reader.readline()
    writer.close()
    answer: dict[str, Any] = json.loads(reply)
    return answer
