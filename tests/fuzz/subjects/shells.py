"""SSH: identification and KEXINIT, and the host key behind one key exchange."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from collectors import ssh
from collectors.ssh_packets import length_of, packet, payload_of
from tests.checks.given import service
from tests.collectors.ssh_device import LISTS, SshDevice, kexinit
from tests.fuzz.memory import InMemory, Says
from tests.fuzz.subjects.subject import Subject

WEAK = (b"diffie-hellman-group1-sha1", b"ssh-dss", b"3des-cbc", *LISTS[3:])
SOUND = frozenset(
    name.encode()
    for name in (
        "curve25519-sha256", "ssh-ed25519", "aes128-ctr", "aes256-ctr", "hmac-sha2-256",
        "hmac-sha2-512",
    )
)  # fmt: skip
KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TURNED_AWAY = packet(b"\1" + struct.pack(">I", 12) + b"\0\0\0\4full\0\0\0\0")


@dataclass
class Shell:
    """`SshDevice`, told one message at a time."""

    device: SshDevice
    hello: bytes = b""
    heard: list[bytes] = field(default_factory=list)

    def __call__(self, message: bytes) -> bytes:
        if not message:
            return self.device.banner
        self.heard.append(message)
        if len(self.heard) == 1:
            return self.hello or packet(self.device.kexinit)
        if len(self.heard) == 3:
            theirs, opening = (payload_of(part[4:]) for part in self.heard[1:])
            assert length_of(self.heard[2][:4]) == len(self.heard[2]) - 4
            identification = self.heard[0].rstrip(b"\r\n")
            return packet(self.device.reply(identification, theirs, opening))
        return b""


def shell(hello: bytes = b"", lists: tuple[bytes, ...] = LISTS, **more: Any) -> Callable[[], Says]:
    return lambda: Shell(SshDevice(kexinit=kexinit(lists), key=KEY, **more), hello)


def only_sound(_check: str, _facts: Any, wire: InMemory) -> bool:
    """RFC 4253, 7.1 read anew: every name of the first eight lists is one we put there."""
    lines, _, rest = wire.said.rpartition(b"SSH-2.0-")
    del lines
    body = rest[rest.index(b"\n") + 1 :]
    at, names = 4 + 1 + 1 + 16, list[bytes]()
    for number in range(8):
        size = int.from_bytes(body[at : at + 4], "big")
        if number < 6:
            names += body[at + 4 : at + 4 + size].split(b",")
        at += 4 + size
    return set(names) - {b""} <= SOUND


@lru_cache
def fingerprint() -> str:
    import hashlib

    return hashlib.sha256(SshDevice(key=KEY).public).hexdigest()


def holds_our_key(_check: str, _facts: Any, wire: InMemory) -> bool:
    """The recorded key is shown, in an answer whose signature was made for this exchange."""
    return SshDevice(key=KEY).public in wire.said


SHELLS = (
    Subject(
        "ssh offer",
        "ssh",
        ssh.offer,
        (
            shell(),
            shell(lists=WEAK),
            shell(banner=b"Pump 3\r\nSSH-2.0-Device_1 x\r\n"),
            shell(banner=b"SSH-1.99-Device_1\r\n"),
            shell(banner=b"SSH-1.5-Device_1\r\n"),
            shell(TURNED_AWAY),
        ),
        2,
        only_sound,
        frozenset({"ssh-algorithms-strong"}),
        captures=("ssh", 22, 6),
    ),
    Subject(
        "ssh host key",
        "ssh",
        ssh.host_key,
        (
            shell(),
            shell(spoil_signature=1),
            shell(algorithm=b"rsa-sha2-256"),
            shell(banner=b"SSH-1.99-Device_1\r\n"),
        ),
        3,
        holds_our_key,
        frozenset({"crypto-identity-unchanged"}),
        {"service": service(22, "ssh", pin=fingerprint())},
        captures=("ssh", 22, 6),
    ),
)
