"""Real servers that none of us wrote, on 127.0.0.1, each with its own configuration only."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PEERS = Path(__file__).parents[1] / "peers"
SEARCH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def program(name: str) -> str | None:
    return shutil.which(name, path=SEARCH)


def node_lacks(name: str) -> str | None:
    """Why a peer of tests/peers cannot run here."""
    if program("node") is None:
        return "node is not installed: run .ci/peers"
    if not (PEERS / name / "node_modules").is_dir():
        return f"the {name} peer is not installed: run tests/peers/{name}/install"
    return None


@contextmanager
def node(name: str, variant: str, store: Path, **more: str) -> Iterator[int]:
    """The port of a peer of tests/peers."""
    peer = subprocess.Popen(
        [program("node") or "node", str(PEERS / name / "server.mjs")],
        env=os.environ | {"PEER_VARIANT": variant, "PEER_STORE": str(store)} | more,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert peer.stdout is not None
    try:
        port = next((line.split()[1] for line in peer.stdout if line.startswith("READY ")), None)
        assert port is not None, f"the {name} peer ended before it was ready"
        yield int(port)
        assert peer.stdin is not None
        peer.stdin.close()
        assert "WRITE" not in peer.stdout.read()
        assert peer.wait(10) == 0
    finally:
        peer.kill()
        peer.wait()
        for pipe in (peer.stdin, peer.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def sshd(folder: Path) -> Iterator[int]:
    folder.mkdir()
    key, port = folder / "key", free_port()
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, timeout=10
    )
    if os.geteuid() == 0:
        # OpenSSH as packaged wants this directory before it gives up its privileges.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    configuration = folder / "sshd_config"
    configuration.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {key}\nPidFile {folder}/pid\nUsePAM no\n"
    )
    with running([program("sshd") or "sshd", "-D", "-e", "-f", configuration], port):
        yield port


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    folder.mkdir()
    port = free_port()
    places = "".join(
        f"  {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\n  access_log off;\n{places}"
        f"  server {{ listen 127.0.0.1:{port}; return 200 'a panel'; }}\n}}\n"
    )
    command = [program("nginx") or "nginx", "-p", folder, "-c", configuration, "-e", "stderr"]
    with running(command, port):
        yield port


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str | Path], port: int) -> Iterator[None]:
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert server.stderr is not None
    try:
        until = time.monotonic() + 10
        while server.poll() is None and time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        else:
            server.kill()
            raise AssertionError(f"{command[0]} did not start: {server.stderr.read()!r}")
        yield
    finally:
        server.terminate()
        server.wait(10)
        server.stderr.close()
