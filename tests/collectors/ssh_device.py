"""An SSH server of our own making, up to the key exchange, that can be made to lie."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

from collectors.ssh_packets import length_of, mpint, packet, payload_of, string

LISTS = (
    b"curve25519-sha256", b"ssh-ed25519", b"aes128-ctr", b"aes256-ctr", b"hmac-sha2-256",
    b"hmac-sha2-512", b"none", b"none", b"", b"",
)  # fmt: skip


def kexinit(lists=LISTS, *, follows: bool = False, reserved: bytes = bytes(4)) -> bytes:
    names = b"".join(string(each) for each in lists)
    return b"\x14" + bytes(16) + names + bytes([follows]) + reserved


@dataclass
class SshDevice:
    """`spoil` changes what the reply is made of; `heard` are the payloads it was sent."""

    banner: bytes = b"SSH-2.0-Device_1\r\n"
    kexinit: bytes = field(default_factory=kexinit)
    ahead: bytes = b""
    guessed: bytes = b""
    blob: bytes | None = None
    algorithm: bytes = b"ssh-ed25519"
    value: bytes | None = None
    spoil_signature: int = 0
    signed: bytes | None = None
    tail: bytes = b""
    key: ed25519.Ed25519PrivateKey = field(default_factory=ed25519.Ed25519PrivateKey.generate)
    heard: list[bytes] = field(default_factory=list)

    @property
    def public(self) -> bytes:
        return string(b"ssh-ed25519") + string(self.key.public_key().public_bytes_raw())

    async def __call__(self, reader, writer) -> None:
        writer.write(self.banner)
        theirs = (await reader.readline()).rstrip(b"\r\n")
        self.heard.append(theirs)
        writer.write(self.ahead + packet(self.kexinit) + self.guessed)
        their_kexinit = await self._payload(reader)
        if their_kexinit[0] == 1:
            return
        opening = await self._payload(reader)
        writer.write(packet(self.reply(theirs, their_kexinit, opening)))
        await self._payload(reader)

    async def _payload(self, reader) -> bytes:
        payload = payload_of(await reader.readexactly(length_of(await reader.readexactly(4))))
        self.heard.append(payload)
        return payload

    def reply(self, theirs: bytes, their_kexinit: bytes, opening: bytes) -> bytes:
        mine = x25519.X25519PrivateKey.generate()
        shared = mine.exchange(x25519.X25519PublicKey.from_public_bytes(opening[5:]))
        blob = self.public if self.blob is None else self.blob
        value = mine.public_key().public_bytes_raw() if self.value is None else self.value
        strings = (theirs, self.banner.splitlines()[-1], their_kexinit, self.kexinit, blob)
        told = b"".join(map(string, strings)) + opening[1:] + string(value)
        told = hashlib.sha256(told + mpint(int.from_bytes(shared, "big"))).digest()
        signature = bytearray(self.key.sign(told if self.signed is None else self.signed))
        signature[0] ^= self.spoil_signature
        sealed = string(self.algorithm) + string(bytes(signature))
        return b"\x1f" + string(blob) + string(value) + string(sealed) + self.tail
