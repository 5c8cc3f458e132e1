"""One round over every asset, to be killed: python -m tests.harm.dying CONFIG STATE AHEAD."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.harm.appliances import Hurried, opened


async def main(folder: Path, state: Path, ahead: float) -> None:
    async with opened(folder, state, Hurried(ahead)) as rounds, asyncio.TaskGroup() as together:
        for asset in rounds.visitable():
            together.create_task(rounds.visit(asset.id, due_anyway=True))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))
