"""A network namespace of the test's own: a name nobody else has, gone afterwards."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

NOBODY = 65_534
_NUMBERS = count()
TOOLS = ("ip", "nft", "tcpdump", "setpriv")

needed = pytest.mark.skipif(
    os.geteuid() != 0 or any(shutil.which(tool) is None for tool in TOOLS),
    reason=f"wants root and {', '.join(TOOLS)}",
)


class Namespace:
    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, *command: str, check: bool = True, **more) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.inside(*command), check=check, capture_output=True, text=True, timeout=60, **more
        )

    def inside(self, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *command]

    @contextmanager
    def captured(self, path: Path, interface: str = "lo") -> Iterator[None]:
        """tcpdump, from before the first packet until after the last."""
        command = self.inside("tcpdump", "-i", interface, "-s", "0", "-U", "-Z", "root", "-w")
        with subprocess.Popen([*command, str(path)], stderr=subprocess.PIPE, text=True) as dump:
            assert dump.stderr is not None
            assert any("listening on" in line for line in dump.stderr)
            try:
                yield
            finally:
                # Each packet is in the file once the last one sent is: the marker's is.
                self._flushed(path)
                dump.send_signal(signal.SIGINT)
                dump.stderr.read()

    def _flushed(self, path: Path) -> None:
        mark = os.urandom(8)
        send = f"import socket; socket.socket(type=2).sendto({mark!r}, ('127.0.0.1', 9))"
        for _ in range(100):
            self.run("python3", "-c", send)
            if mark in path.read_bytes():
                return
        raise AssertionError("tcpdump writes nothing")


@contextmanager
def namespace() -> Iterator[Namespace]:
    made = Namespace(f"upheld-{os.getpid()}-{next(_NUMBERS)}")
    subprocess.run(["ip", "netns", "add", made.name], check=True)
    try:
        made.run("ip", "link", "set", "lo", "up")
        yield made
    finally:
        subprocess.run(["ip", "netns", "del", made.name], check=True)


def as_nobody(space: Namespace, work):
    """
    What `work` returns as text, done inside the namespace by an ordinary user.

    In a child of this process, which has everything loaded: an ordinary user may not be able to
    read the files.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "failed"
        try:
            with Path(f"/run/netns/{space.name}").open() as there:
                assert ctypes.CDLL(None).setns(there.fileno(), 0x4000_0000) == 0
            os.setresuid(NOBODY, NOBODY, NOBODY)
            said = str(work())
        except BaseException as error:  # noqa: BLE001 - told to the parent
            said = f"failed: {error!r}"
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


@contextmanager
def cabled(near: Iterable[str], far: Iterable[str]) -> Iterator[tuple[Namespace, Namespace]]:
    """Two namespaces and a cable between them, with these addresses at its ends."""
    with namespace() as here, namespace() as there:
        here.run(
            *("ip", "link", "add", "cable", "type", "veth", "peer", "cable", "netns"), there.name
        )
        for space, addresses in ((here, near), (there, far)):
            for address in addresses:
                space.run("ip", "address", "add", f"{address}/16", "dev", "cable")
            space.run("ip", "link", "set", "cable", "up")
        yield here, there
