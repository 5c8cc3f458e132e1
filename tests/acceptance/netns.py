"""Two network namespaces of the test's own, joined by a cable, with a firewall in the far one."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

CLONE_NEWNET = 0x40000000
OURS, OURS_PLAIN, CONTROL = (f"10.99.7.{n}" for n in (1, 2, 3))
THEIRS = RTU, PLC, SWITCH = tuple(f"10.99.7.{n}" for n in (9, 10, 11))
NOBODY = "10.99.7.13"
ELSEWHERE = "203.0.113.7"
SEARCH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

T = TypeVar("T")


def lacking() -> str | None:
    """Why this machine cannot make namespaces, or None when it can."""
    if os.geteuid() != 0:
        return "network namespaces want root"
    for name in ("ip", "nft"):
        if shutil.which(name, path=SEARCH) is None:
            return f"{name} is not installed: run .ci/peers"
    probe = f"upheld-{os.getpid()}-probe"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode:
        return "this machine does not let us make network namespaces"
    subprocess.run(["ip", "netns", "del", probe], check=True)
    return None


@dataclass(frozen=True)
class Cable:
    """`near` is the appliance's namespace, `far` the plant's."""

    near: str
    far: str

    @property
    def within(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.near)

    def firewall(self, *rules: str) -> None:
        """Replace the rules the plant's side judges incoming packets by."""
        lines = "\n".join(f"    {rule}" for rule in rules)
        text = (
            "flush ruleset\ntable inet plant {\n  chain input {\n"
            f"    type filter hook input priority 0; policy accept;\n{lines}\n  }}\n}}\n"
        )
        subprocess.run(
            ["ip", "netns", "exec", self.far, "nft", "-f", "-"], input=text, text=True, check=True
        )

    def in_far(self, make: Callable[[], T]) -> T:
        """What `make` returns; the sockets it makes live in the plant's namespace."""
        return _in_namespace(self.far, make)

    def in_near(self, make: Callable[[], T]) -> T:
        return _in_namespace(self.near, make)


@contextmanager
def cable() -> Iterator[Cable]:
    near, far = (f"upheld-{os.getpid()}-{side}" for side in ("near", "far"))
    made = Cable(near, far)
    try:
        for command in (
            f"netns add {near}",
            f"netns add {far}",
            f"-n {near} link add veth0 type veth peer name veth0 netns {far}",
            *(f"-n {near} address add {a}/24 dev veth0" for a in (OURS, OURS_PLAIN, CONTROL)),
            *(f"-n {far} address add {a}/24 dev veth0" for a in THEIRS),
            *(f"-n {side} link set {name} up" for side in (near, far) for name in ("lo", "veth0")),
        ):
            subprocess.run(["ip", *command.split()], check=True, timeout=10)
        # The kernel would hold back all but the first refusal a second, and hide what is tested.
        made.in_far(lambda: Path("/proc/sys/net/ipv4/icmp_ratelimit").write_text("0"))
        yield made
    finally:
        for side in (near, far):
            with suppress(OSError):
                subprocess.run(["ip", "netns", "del", side], capture_output=True, check=False)


def _in_namespace(name: str, make: Callable[[], T]) -> T:
    """A thread of its own enters the namespace, so that nothing else of this process does."""
    made: list[T] = []
    failed: list[BaseException] = []

    def enter() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        try:
            with Path("/run/netns", name).open() as namespace:
                entered = libc.setns(namespace.fileno(), CLONE_NEWNET) == 0
            assert entered, f"cannot enter {name}: {os.strerror(ctypes.get_errno())}"
            made.append(make())
        except BaseException as error:  # noqa: BLE001 - raised again by who asked
            failed.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return made[0]
