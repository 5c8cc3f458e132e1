"""One real Chromium for a module of tests, and the pages served to it."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn

PEER = Path(__file__).parents[1] / "peers" / "browser"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
THERE = CHROMIUM is not None and (PEER / "node_modules").is_dir()
DEADLINE = 120.0


class Browser:
    """Takes one order at a time; what each does and answers stands in session.mjs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    async def __call__(self, order: str, address: str, **rest):
        line = json.dumps({"order": order, "address": address, **rest})
        return await asyncio.wait_for(asyncio.to_thread(self._answer, line), DEADLINE)

    def _answer(self, line: str):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]


@contextmanager
def chromium():
    with subprocess.Popen(
        ["node", "session.mjs", CHROMIUM], cwd=PEER, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield Browser(process)
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@asynccontextmanager
async def served(app):
    """Its address while `app` is served."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    listener = uvicorn.Config(app, port=0).bind_socket()
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
