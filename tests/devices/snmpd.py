"""A real net-snmp agent on 127.0.0.1, with its own configuration and nothing of the machine's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from collectors.credentials import SnmpUser

PROGRAM = shutil.which("snmpd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

# SNMPv3 engine discovery (RFC 3414, 4): every agent answers it with a Report, whoever asks.
DISCOVERY = bytes.fromhex(
    "3038020103300e02024a69020205dc0401040201030410300e0400020100020100040004000400"
    "301104000400a00b0201010201000201003000"
)

_AUTH = {"SHA-1": "SHA"}
_PRIV = {"AES-128": "AES", "AES-192": "AES192", "AES-256": "AES256"}


@contextmanager
def snmpd(
    *,
    rocommunity: Sequence[str] = (),
    users: Sequence[SnmpUser] = (),
    sys_descr: str = "Test switch",
    sys_object_id: str = "1.3.6.1.4.1.8072.3.2.10",
    sys_name: str = "switch-1",
    levels: Sequence[str] = (),
    extra: Sequence[str] = (),
    address: str = "127.0.0.1",
) -> Iterator[int]:
    """
    An agent at `address` that answers these communities and users; yields its port.

    `levels` are the lowest levels the users may come with (noauth, auth, priv), by default what
    their secrets allow.  `extra` are further lines of snmpd.conf, such as `override OID type value`.
    """
    assert PROGRAM is not None, "these tests want net-snmp: install the package snmpd"
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), _free_port(address)
        lines = [
            f"sysdescr {sys_descr}",
            f"sysobjectid {sys_object_id}",
            f"sysname {sys_name}",
            *(f"rocommunity {community} 127.0.0.1" for community in rocommunity),
            *(_create(user) for user in users),
            *(f"rouser {u.user} {level}" for u, level in _least(users, levels)),
            *extra,
        ]
        configuration = folder / "snmpd.conf"
        configuration.write_text("\n".join(lines) + "\n")
        log = folder / "log"
        with log.open("wb") as output:
            agent = subprocess.Popen(
                [PROGRAM, "-f", "-Lo", "-C", "-c", configuration, f"udp:{address}:{port}"],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"SNMP_PERSISTENT_DIR": name, "SNMPCONFPATH": name, "MIBS": ""},
            )
        try:
            _answering(agent, (address, port), log)
            yield port
        finally:
            agent.terminate()
            try:
                agent.wait(5)
            except subprocess.TimeoutExpired:
                agent.kill()
                agent.wait()


def _create(user: SnmpUser) -> str:
    words = ["createUser", user.user]
    if user.auth_protocol:
        words += [_AUTH.get(user.auth_protocol, user.auth_protocol), f'"{user.auth_secret}"']
    if user.priv_protocol:
        words += [_PRIV.get(user.priv_protocol, user.priv_protocol), f'"{user.priv_secret}"']
    return " ".join(words)


def _least(users: Sequence[SnmpUser], levels: Sequence[str]) -> list[tuple[SnmpUser, str]]:
    return list(zip(users, levels or [_level(user) for user in users], strict=True))


def _level(user: SnmpUser) -> str:
    if user.priv_protocol:
        return "priv"
    return "auth" if user.auth_protocol else "noauth"


def _free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _answering(agent: subprocess.Popen[bytes], at: tuple[str, int], log: Path) -> None:
    deadline = time.monotonic() + 10
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(at)
        asking.settimeout(0.05)
        while agent.poll() is None and time.monotonic() < deadline:
            try:
                asking.send(DISCOVERY)
                asking.recv(4096)
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                # Nobody listens yet, which comes back at once: do not spin on it.
                time.sleep(0.01)
                continue
            return
    raise RuntimeError(f"snmpd does not answer:\n{log.read_text(errors='replace')[-2000:]}")
