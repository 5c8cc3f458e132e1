"""
What we claim about speed, as ratios measured side by side in one run: below 1 we are faster.

    python -m bench
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import collecting, keeping, rendering


async def main(folder: Path) -> None:
    _say("| what | against | our time / theirs | middle half |\n| --- | --- | ---: | --- |")
    with subprocess.Popen(  # noqa: ASYNC220, S603 - our own devices, before anything is measured
        [sys.executable, "-m", "bench.peers", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as peers:
        assert peers.stdin is not None
        assert peers.stdout is not None
        assert peers.stdout.readline() == "ready\n"
        async for ratio in collecting.ratios():
            _say(str(ratio))
        peers.stdin.close()
    async for ratio in keeping.ratios(folder):
        _say(str(ratio))
    async for ratio in rendering.ratios():
        _say(str(ratio))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(main(Path(name)))
