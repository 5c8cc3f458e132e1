"""Other people's servers as processes of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path


def free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


@dataclass(frozen=True)
class Said:
    """What a process has said so far, on both its outputs."""

    path: Path

    def text(self) -> str:
        return self.path.read_text(errors="replace")

    async def until(self, words: str, times: int = 1) -> str:
        """Everything, as soon as the words have come so often.  Raises `TimeoutError`."""
        async with asyncio.timeout(10):
            while self.text().count(words) < times:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.01)
        return self.text()


async def output(command: list[str]) -> str:
    """What a command says, once it has ended well."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {said.decode(errors='replace')}")
    return said.decode(errors="replace")


@contextlib.asynccontextmanager
async def running(
    command: list[str], *, port: int | None = None, cwd: Path | None = None
) -> AsyncIterator[Said]:
    """
    A server until the end of the block, listening on TCP `port` when the block begins.

    It ends by SIGTERM, by SIGKILL after 5 s.
    """
    with tempfile.TemporaryDirectory() as kept:
        log = Said(Path(kept) / "said")
        with log.path.open("wb") as said:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=said, stderr=said, cwd=cwd
            )
        try:
            if port is not None:
                await _listening(process, port, log)
            yield log
        finally:
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 5)
                except TimeoutError:
                    process.kill()
                    await process.wait()


async def _listening(process: asyncio.subprocess.Process, port: int, log: Said) -> None:
    """By the kernel's table, so that the server sees no connection but ours."""
    entry = f":{port:04X} "
    for _ in range(500):
        if process.returncode is not None:
            raise RuntimeError(f"it ended at once: {log.text()}")
        tables = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        if any(entry in line and line.split()[3] == "0A" for line in tables.splitlines()[1:]):
            return
        await asyncio.sleep(0.02)
    raise RuntimeError(f"nothing listens on {port}: {log.text()}")
