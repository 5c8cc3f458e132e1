"""
The README's output blocks are what the commands beside them print.

    .venv/bin/python tests/test_readme.py --write      # renews the blocks that no longer hold

A block's command stands in a comment above it: `<!-- $ command -->`, or `<!-- $# command -->`
when its numbers depend on the machine.  Times, digests and versions never count.  A line `...`
stands for what is left out between the first and the last lines.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"<!-- \$(#?) (.+?) -->\n(```\n.*?```\n|\|.*?\n(?=\n))", re.DOTALL)
UPHELD = [sys.executable, "-c", "from appliance.cli import main; main()"]
PLANT = """
import asyncio, sys
from pathlib import Path
from appliance.demo.plant import run_plant
from appliance.demo.site import write_site
folder, network, web = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
write_site(folder / "site", web_port=web, mqtt=None, plant_directory=folder, network=network)
asyncio.run(run_plant(folder, None, lambda: print("ready", flush=True), network=network))
"""
# Its own /16 and port, so that a demo running on this machine is not in the way.
NETWORK, WEB = f"127.{200 + os.getpid() % 50}", 20000 + os.getpid() % 10000
ELISION = "..."
PACKETS_APART, OCTETS_APART = 2, 0.05
VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( UTC|Z|\+00:00)?"), "<time>"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "<time>"),
    (re.compile(r"\b[0-9a-f]{16,}\b"), "<digest>"),
    (re.compile(r"Upheld \d+\.\d+\.\d+"), "Upheld <version>"),
    (re.compile(r"[━─]+"), "─"),
    (re.compile(r"[┏┡└ ]─[─┳╇┴]*─[┓┩┘]?"), "─"),
    (re.compile(r"\s+"), " "),
)
NUMBER = re.compile(r"(?<![\w.-])\d+(?![\w.-])")


@dataclass(frozen=True)
class Block:
    """One block of the README: the command, and what it is said to print."""

    command: str
    numbers_vary: bool
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.strip().strip("`").strip("\n").split("\n")

    def normal(self, lines: list[str]) -> list[str]:
        found = []
        for line in lines:
            same = line
            for volatile, name in VOLATILE:
                same = volatile.sub(name, same)
            found.append(NUMBER.sub("N", same).strip() if self.numbers_vary else same.strip())
        return found

    def like(self, printed: list[str]) -> list[str]:
        """What the README should show of these lines: all, or the ends this block shows."""
        if ELISION not in self.lines:
            return printed
        head = self.lines.index(ELISION)
        tail = len(self.lines) - head - 1
        return [*printed[:head], ELISION, *printed[len(printed) - tail :]]

    def holds(self, printed: list[str]) -> bool:
        return self.normal(self.lines) == self.normal(self.like(printed))


def blocks() -> list[Block]:
    return [Block(b[2], bool(b[1]), b[3]) for b in BLOCK.finditer(README.read_text())]


def commands(starting: str) -> list[Block]:
    return [block for block in blocks() if block.command.startswith(starting)]


class Box:
    """The bundled plant, and a directory with its site in it to run commands in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def printed(self, command: str) -> list[str]:
        if command.startswith("upheld status"):
            with self._daemon():
                return self._upheld(command)
        return self._upheld(command)

    @cached_property
    def _environment(self) -> dict[str, str]:
        return os.environ | {"COLUMNS": "96", "TERMINAL_WIDTH": "96", "PYTHONPATH": str(ROOT)}

    def _upheld(self, command: str) -> list[str]:
        done = subprocess.run(
            [*UPHELD, *shlex.split(command)[1:]],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr
        text = (done.stdout + done.stderr).replace(f"{self.folder}/", "")
        return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n").split("\n")

    @contextmanager
    def _daemon(self) -> Iterator[None]:
        """The daemon, once it has seen every asset answer."""
        with subprocess.Popen(
            [*UPHELD, "run", "-c", "site"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                last = time.monotonic() + 40
                while "7 answer" not in "".join(self._upheld("upheld status -c site")):
                    assert time.monotonic() < last, "the daemon never saw all seven assets"
                    time.sleep(0.2)
                yield
            finally:
                process.terminate()


@contextmanager
def opened(folder: Path) -> Iterator[Box]:
    with subprocess.Popen(
        [sys.executable, "-c", PLANT, folder, NETWORK, str(WEB)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Box(folder)
        finally:
            process.terminate()


@contextmanager
def demonstrated(command: str) -> Iterator[subprocess.Popen[str]]:
    """`make demo FOR=..` without the installation, in a network of its own where there is one."""
    seconds = command.partition("FOR=")[2]
    # SIOCSIFFLAGS with IFF_UP: the loopback of a new network is down.
    up = (
        "import socket, fcntl, struct; "
        "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sH14x', b'lo', 0x49)); "
    )
    code = "from appliance.cli import main; main()"
    apart = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode != 0:
        apart, up = [], ""
    with subprocess.Popen(
        [*apart, sys.executable, "-c", up + code, "demo", "--for", seconds],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "96", "TERMINAL_WIDTH": "96"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def said(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return [line.rstrip() for line in out.strip("\n").split("\n")]


@pytest.fixture(scope="module", autouse=True)
def demo() -> Iterator[subprocess.Popen[str]]:
    """Started first and looked at last: it takes most of a minute."""
    (block,) = commands("make demo")
    with demonstrated(block.command) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with opened(tmp_path_factory.mktemp("box")) as running:
        yield running


def cells(line: str) -> tuple[str, int, int]:
    what, packets, octets = (cell.strip() for cell in line.strip("|").split("|"))
    return what, int(packets), int(octets)


def packets_hold(block: Block, measured: str) -> bool:
    shown, fresh = (
        [cells(line) for line in text.strip().split("\n")[2:]] for text in (block.text, measured)
    )
    return [row[0] for row in shown] == [row[0] for row in fresh] and all(
        abs(a[1] - b[1]) <= PACKETS_APART and abs(a[2] - b[2]) <= OCTETS_APART * b[2] + 8
        for a, b in zip(shown, fresh, strict=True)
    )


@pytest.mark.parametrize("block", commands("upheld"), ids=lambda block: block.command)
def test_a_block_is_what_its_command_prints(block: Block, box: Box) -> None:
    printed = box.printed(block.command)

    assert block.normal(block.lines) == block.normal(block.like(printed)), __doc__


def test_the_packets_are_those_measured_now() -> None:
    from bench.packets import measure, table

    (block,) = commands("python -m bench.packets")

    assert packets_hold(block, table(measure(f"127.{150 + os.getpid() % 50}"))), __doc__


def test_both_commands_stand_before_line_25_and_are_targets_of_the_makefile() -> None:
    top = "\n".join(README.read_text().splitlines()[:24])
    makefile = (ROOT / "Makefile").read_text()

    for target in ("demo", "test"):
        assert f"make {target}" in top
        assert f"\n{target}: install\n" in makefile
    assert "\t$(BIN)/upheld demo $(if $(FOR),--for $(FOR))\n" in makefile


def test_the_demo_prints_what_the_readme_shows(demo: subprocess.Popen[str]) -> None:
    (block,) = commands("make demo")

    assert block.normal(block.lines) == block.normal(block.like(said(demo))), __doc__


def write() -> None:
    """Renew each block that does not hold any more."""
    from bench.packets import measure, table

    text = README.read_text()
    with tempfile.TemporaryDirectory() as name, opened(Path(name)) as box:
        for block in blocks():
            if block.command.startswith("make demo"):
                with demonstrated(block.command) as process:
                    printed = said(process)
            elif block.command.startswith("python -m bench"):
                fresh = table(measure(f"127.{150 + os.getpid() % 50}"))
                if not packets_hold(block, fresh):
                    text = renewed(text, block, fresh + "\n")
                continue
            else:
                printed = box.printed(block.command)
            if not block.holds(printed):
                shown = "\n".join(block.like(printed))
                text = renewed(text, block, f"```\n{shown}\n```\n")
    README.write_text(text)


def renewed(text: str, block: Block, new: str) -> str:
    above = f"{block.command} -->\n"
    return text.replace(above + block.text, above + new)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    write()
