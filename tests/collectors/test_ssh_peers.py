"""OpenSSH, dropbear and asyncssh: what they offer, and the key their own tools name."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path

import asyncssh
import pytest

from checks import BY_ID
from collectors import ssh
from collectors.wire import Wire
from tests.checks.given import observed, told, verdict
from tests.devices.processes import free_port, output, running

CHECK = BY_ID["ssh-algorithms-strong"]
STRONG = """
KexAlgorithms sntrup761x25519-sha512,curve25519-sha256
Ciphers aes256-gcm@openssh.com,aes256-ctr
MACs hmac-sha2-256-etm@openssh.com
"""
WEAK = """
KexAlgorithms {}
HostKeyAlgorithms {}
Ciphers 3des-cbc
MACs hmac-md5
"""


@pytest.fixture
def wire(gate):
    return Wire(gate, connect=2, whole=10)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """
    `key(type, *options)`: a key made by ssh-keygen, and the SHA-256 of its public half.

    Each kind is made once: large ones take seconds.
    """
    folder = tmp_path_factory.mktemp("keys")

    @cache
    def make(kind: str, *options: str) -> tuple[Path, str]:
        path = folder / "_".join((kind, *options))
        subprocess.run(["ssh-keygen", "-q", "-t", kind, *options, "-N", "", "-f", path], check=True)
        blob = base64.b64decode(path.with_suffix(".pub").read_text().split()[1])
        return path, hashlib.sha256(blob).hexdigest()

    return make


@contextlib.asynccontextmanager
async def sshd(tmp_path: Path, keys: list[Path], more: str):
    if Path("/").owner() == "root" and not Path("/run/sshd").exists():
        with contextlib.suppress(PermissionError):
            Path("/run/sshd").mkdir()
    port, config = free_port(), tmp_path / "sshd_config"
    lines = ["ListenAddress 127.0.0.1", f"Port {port}", "PidFile none", "UsePAM no"]
    config.write_text("\n".join([*lines, *(f"HostKey {key}" for key in keys), more]) + "\n")
    program = shutil.which("sshd", path="/usr/sbin:/usr/bin") or ""
    async with running([program, "-D", "-e", "-f", str(config)], port=port) as log:
        yield port, log


async def test_a_hardened_openssh_passes_and_logs_a_disconnect_without_a_login(
    tmp_path, wire, target, key, gate
):
    path, digest = key("ed25519")
    async with sshd(tmp_path, [path], STRONG) as (port, log):
        offer = await ssh.offer(wire, target(port, "ssh"))
        spent = gate.packets
        shown = await ssh.host_key(wire, target(port, "ssh"))
        said = await log.until(":11: upheld looks and never logs in [preauth]", times=2)

    assert offer.software.startswith("OpenSSH_")
    assert offer.ciphers == ("aes256-gcm@openssh.com", "aes256-ctr")
    assert (shown.key_type, shown.key_bits, shown.sha256) == ("Ed25519", 256, digest)
    assert told(verdict(CHECK, observed(offer), observed(shown)))[0] == "pass"
    assert spent <= 8
    assert gate.packets - spent <= 11
    assert "uthentic" not in said


@pytest.mark.parametrize(
    ("kind", "exchange", "algorithm", "bits"),
    [
        (["rsa", "-b", "2048"], "diffie-hellman-group1-sha1", "ssh-rsa", 2048),
        (["rsa", "-b", "1024"], "diffie-hellman-group14-sha1", "ssh-rsa", 1024),
        (["rsa", "-b", "3072"], "diffie-hellman-group14-sha256", "rsa-sha2-256", 3072),
        (["rsa", "-b", "3072"], "ecdh-sha2-nistp256", "rsa-sha2-512", 3072),
        (["ecdsa", "-b", "256"], "curve25519-sha256@libssh.org", "ecdsa-sha2-nistp256", 256),
        (["ecdsa", "-b", "521"], "curve25519-sha256", "ecdsa-sha2-nistp521", 521),
        (["dsa"], "diffie-hellman-group14-sha1", "ssh-dss", 1024),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else str(value),
)
async def test_every_kind_of_key_verifies_and_a_weak_openssh_fails(
    tmp_path, wire, target, key, kind, exchange, algorithm, bits
):
    path, digest = key(*kind)
    more = "RequiredRSASize 1024\n" + WEAK.format(exchange, algorithm)
    async with sshd(tmp_path, [path], more) as (port, _):
        offer = await ssh.offer(wire, target(port, "ssh"))
        shown = await ssh.host_key(wire, target(port, "ssh"))

    assert (shown.algorithm, shown.key_bits, shown.sha256) == (algorithm, bits, digest)
    assert told(verdict(CHECK, observed(offer), observed(shown))) == ("fail", "weak-cryptography")


async def test_of_several_keys_the_one_everyday_clients_ask_for_is_shown(
    tmp_path, wire, target, key
):
    paths = [key(kind) for kind in ("rsa", "ed25519", "ecdsa")]
    async with sshd(tmp_path, [path for path, _ in paths], "") as (port, _):
        shown = await ssh.host_key(wire, target(port, "ssh"))

    assert shown.sha256 == paths[1][1]


@pytest.mark.parametrize(
    ("kind", "type_"), [("rsa", "RSA"), ("ecdsa", "EC"), ("ed25519", "Ed25519")]
)
async def test_dropbear_shows_the_key_its_own_tool_names(tmp_path, wire, target, kind, type_):
    path = tmp_path / kind
    made = await output(["dropbearkey", "-t", kind, "-f", str(path)])
    public = next(line for line in made.splitlines() if " AAAA" in line).split()[1]
    port = free_port()
    program = shutil.which("dropbear", path="/usr/sbin:/usr/bin") or ""
    command = [program, "-F", "-E", "-s", "-p", f"127.0.0.1:{port}", "-r", str(path)]
    async with running(command, port=port) as log:
        offer = await ssh.offer(wire, target(port, "ssh"))
        shown = await ssh.host_key(wire, target(port, "ssh"))
        said = await log.until("Disconnect received", times=2)

    assert offer.software.startswith("dropbear_")
    assert shown.key_type == type_
    assert shown.sha256 == hashlib.sha256(base64.b64decode(public)).hexdigest()
    assert said.count("Exit before auth") == 2


async def test_asyncssh_sees_nobody_begin_to_log_in(wire, target):
    begun: list[str] = []

    class Door(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            begun.append(username)
            return True

    key = asyncssh.generate_private_key("ecdsa-sha2-nistp384")
    async with asyncssh.listen("127.0.0.1", 0, server_factory=Door, server_host_keys=[key]) as door:
        port = door.sockets[0].getsockname()[1]
        offer = await ssh.offer(wire, target(port, "ssh"))
        shown = await ssh.host_key(wire, target(port, "ssh"))

    assert offer.host_key_algorithms == ("ecdsa-sha2-nistp384",)
    assert (shown.key_type, shown.key_bits) == ("EC", 384)
    assert shown.sha256 == hashlib.sha256(key.public_data).hexdigest()
    assert begun == []


def test_the_peers_are_here():
    """Missing peers would be found as errors above; this says which."""
    missing = [
        p
        for p in ("sshd", "dropbear", "ssh-keygen")
        if not shutil.which(p, path="/usr/sbin:/usr/bin")
    ]

    assert not missing, "run .ci/peers"
