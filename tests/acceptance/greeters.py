"""SSH, FTP, telnet, VNC, MQTT and time servers of others, each in a good and a bad state."""

from __future__ import annotations

import os
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from tests.acceptance.peers import free_port, program, running

PROGRAMS = ("sshd", "vsftpd", "telnetd", "Xvnc", "mosquitto", "chronyd")
GOOD_SSH = """
KexAlgorithms curve25519-sha256
Ciphers aes256-gcm@openssh.com
MACs hmac-sha2-256-etm@openssh.com
"""
BAD_SSH = """
KexAlgorithms diffie-hellman-group14-sha1
Ciphers 3des-cbc
MACs hmac-md5
"""


@contextmanager
def ssh(folder: Path, *, good: bool) -> Iterator[int]:
    key, port = folder / "key", free_port()
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, timeout=10
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    configuration = folder / "sshd_config"
    configuration.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {key}\nPidFile {folder}/pid\nUsePAM no\n"
        f"{GOOD_SSH if good else BAD_SSH}"
    )
    with running([program("sshd") or "sshd", "-D", "-e", "-f", configuration], port):
        yield port


@contextmanager
def ftp(folder: Path, *, good: bool) -> Iterator[int]:
    port, root, configuration = free_port(), folder / "empty", folder / "vsftpd.conf"
    root.mkdir()
    configuration.write_text(
        f"listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\n"
        f"secure_chroot_dir={root}\nanon_root={root}\nxferlog_enable=NO\nseccomp_sandbox=NO\n"
        f"local_enable=YES\nanonymous_enable={'NO' if good else 'YES'}\n"
    )
    with running([program("vsftpd") or "vsftpd", configuration], port):
        yield port


@contextmanager
def telnet(folder: Path, *, good: bool) -> Iterator[int]:
    """inetutils' telnetd behind a super-server; there is no good telnet, only one with a notice."""
    notice = folder / "issue"
    notice.write_text("Authorised use only.\r\n" if good else "Pump 3\r\n")
    login = folder / "login"
    login.write_text("#!/bin/sh\nexec cat\n")
    login.chmod(0o755)
    daemon = [program("telnetd") or "telnetd", "-E", str(login)]
    children: list[subprocess.Popen[bytes]] = []

    class Begun(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            # What stands before the login, as many devices show it before they negotiate.
            self.request.sendall(notice.read_bytes())
            children.append(subprocess.Popen(daemon, stdin=self.request, stdout=self.request))
            children[-1].wait()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Begun) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
            for child in children:
                child.kill()
                child.wait()


@contextmanager
def vnc(folder: Path, *, good: bool) -> Iterator[int]:
    port, password = free_port(), folder / "password"
    # Any eight octets are somebody's obfuscated password.
    password.write_bytes(bytes(range(8)))
    more = ["-SecurityTypes", "VncAuth" if good else "None", "-PasswordFile", password]
    display = f":{port % 40_000 + 1_000}"
    fixed = ["-localhost", "-nolisten", "unix", "-rfbport", str(port)]
    with running([program("Xvnc") or "Xvnc", display, *fixed, *more], port):
        yield port


@contextmanager
def mqtt(folder: Path, *, good: bool) -> Iterator[int]:
    port, configuration = free_port(), folder / "mosquitto.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous {'false' if good else 'true'}\n"
    )
    with running([program("mosquitto") or "mosquitto", "-c", configuration], port):
        yield port


@contextmanager
def ntp(folder: Path, *, good: bool) -> Iterator[int]:
    """A good one follows another; out of the box it has nobody to follow."""
    port = free_port()
    with ExitStack() as stack:
        more = ""
        if good:
            source = free_port()
            stack.enter_context(chrony(folder / "source", source, "local stratum 3"))
            more = f"server 127.0.0.1 port {source} iburst minpoll -6 maxpoll -6"
        log = stack.enter_context(chrony(folder / "server", port, more))
        assert any(("Selected source" if good else "chronyd version") in line for line in log)
        yield port


@contextmanager
def chrony(folder: Path, port: int, more: str) -> Iterator[IO[str]]:
    """What it says."""
    folder.mkdir()
    configuration = folder / "chrony.conf"
    configuration.write_text(
        f"port {port}\nbindaddress 127.0.0.1\ncmdport 0\nbindcmdaddress /\nallow 127.0.0.1\n"
        f"pidfile {folder}/pid\n{more}\n"
    )
    user = ["-u", "root"] if os.geteuid() == 0 else ["-U"]
    command = [program("chronyd") or "chronyd", "-d", "-x", *user, "-f", configuration]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        assert server.stdout
        try:
            yield server.stdout
        finally:
            server.terminate()


@contextmanager
def hosts(folder: Path, *, good: bool) -> Iterator[dict[str, int]]:
    """The port of each, by protocol."""
    kinds = {"ntp": ntp, "ssh": ssh, "ftp": ftp, "telnet": telnet, "vnc": vnc, "mqtt": mqtt}
    with ExitStack() as stack:
        found = {}
        for name, start in kinds.items():
            own = folder / name
            own.mkdir(parents=True)
            found[name] = stack.enter_context(start(own, good=good))
        yield found
