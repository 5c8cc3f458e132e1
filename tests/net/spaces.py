"""Two network namespaces with a cable between them, and what passed through it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLONE_NEWNET = 0x4000_0000
possible = os.geteuid() == 0 and all(shutil.which(p) for p in ("ip", "nft", "tcpdump"))


def _run(*command: str, fed: str = "") -> None:
    subprocess.run(command, check=True, capture_output=True, input=fed, text=True)


@dataclass(frozen=True)
class Packet:
    """One packet as seen on our end of the cable; `flags` is empty for UDP."""

    at: float
    source: tuple[str, int]
    to: tuple[str, int]
    flags: str
    payload: int

    @property
    def tcp(self) -> bool:
        return bool(self.flags)


@dataclass(frozen=True)
class Cable:
    """`ours` and `plant` are namespaces."""

    ours: str
    plant: str
    device: str

    def inside(self, story: Callable[[], object]) -> None:
        """Run a coroutine on a loop of its own in our namespace; what it raises is raised here."""
        raised: list[BaseException] = []

        def thread() -> None:
            try:
                with Path(f"/var/run/netns/{self.ours}").open("rb") as space:
                    libc = ctypes.CDLL(None, use_errno=True)
                    if libc.setns(space.fileno(), CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")  # noqa: TRY301
                asyncio.run(story())
            except BaseException as error:  # noqa: BLE001  raised again by whoever waits
                raised.append(error)

        running = threading.Thread(target=thread)
        running.start()
        running.join()
        if raised:
            raise raised[0]

    @contextmanager
    def plant_running(self, addresses: dict[str, str]) -> Iterator[dict[str, str]]:
        """The plant of plant.py in its namespace; yields what it says of itself."""
        command = ["ip", "netns", "exec", self.plant, sys.executable, "-m", "tests.net.plant"]
        words = [f"{name}={address}" for name, address in addresses.items()]
        plant = subprocess.Popen(
            [*command, *words], cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
        )
        try:
            said = plant.stdout.readline().split()
            assert said[:1] == ["ready"], "the plant did not start"
            yield dict(word.split("=", 1) for word in said[1:])
        finally:
            plant.stdin.close()
            plant.stdout.close()
            plant.wait(10)

    @contextmanager
    def captured(self, file: Path) -> Iterator[Callable[[], list[Packet]]]:
        """Yields what gives, after the block, every TCP and UDP packet of it."""
        command = ["ip", "netns", "exec", self.ours, "tcpdump", "-i", self.device, "-w", str(file)]
        dump = subprocess.Popen(
            [*command, "-U", "-Z", "root", "--immediate-mode", "-s", "128", "tcp or udp"],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert any("listening on" in line for line in dump.stderr)
            yield lambda: _read(file)
            # What is on its way into the file has no event to wait for.
            time.sleep(0.3)
        finally:
            dump.terminate()
            dump.stderr.close()
            dump.wait(10)


_LINE = re.compile(
    r"(?P<at>\d+\.\d+) IP (?P<source>[\d.]+)\.(?P<sp>\d+) > (?P<to>[\d.]+)\.(?P<dp>\d+): "
    r"(?:Flags \[(?P<flags>[^\]]+)\].* length (?P<tcp>\d+)|.*)"
)


def _read(file: Path) -> list[Packet]:
    # -T: without it tcpdump would read SNMP and print its own idea of the packet.
    text = subprocess.run(
        ["tcpdump", "-tt", "-n", "-r", str(file)], capture_output=True, text=True, check=True
    ).stdout
    found = []
    for line in text.splitlines():
        if match := _LINE.match(line):
            found.append(
                Packet(
                    float(match["at"]),
                    (match["source"], int(match["sp"])),
                    (match["to"], int(match["dp"])),
                    match["flags"] or "",
                    int(match["tcp"] or 0),
                )
            )
        else:
            assert not line or line.startswith(("\t", " ")), line
    return found


@contextmanager
def cable(ours: list[str], plant: list[str], rules: str = "") -> Iterator[Cable]:
    """Both namespaces with these addresses, and nft `rules` on the plant's side."""
    tag = secrets.token_hex(3)
    it = Cable(f"up-o-{tag}", f"up-p-{tag}", f"upo{tag}")
    other = f"upp{tag}"
    ends = ((it.ours, it.device, ours), (it.plant, other, plant))
    try:
        for space, _, _ in ends:
            _run("ip", "netns", "add", space)
        _run(
            *("ip", "-n", it.ours, "link", "add", it.device, "type", "veth"),
            *("peer", "name", other, "netns", it.plant),
        )
        for space, device, addresses in ends:
            for address in addresses:
                _run("ip", "-n", space, "addr", "add", f"{address}/24", "dev", device)
            # One packet in the capture is one segment, as on a real cable.
            _run("ip", "-n", space, "link", "set", "dev", device, "gso_max_segs", "1")
            for name in ("lo", device):
                _run("ip", "-n", space, "link", "set", name, "up")
        if rules:
            table = f"table ip t {{ chain i {{ type filter hook input priority 0; {rules} }}\n}}\n"
            _run("ip", "netns", "exec", it.plant, "nft", "-f", "-", fed=table)
        yield it
    finally:
        for space, _, _ in ends:
            with contextlib.suppress(subprocess.CalledProcessError):
                _run("ip", "netns", "del", space)
