"""
What may be said over SSH (RFC 4253), per message, all of it before encryption: pure.

One identification line; KEXINIT with exactly the lists below; the opening of one key exchange;
DISCONNECT.  NEWKEYS is not here, so nothing can ever follow it: no service, no user, no password,
no channel.
"""

from __future__ import annotations

from collectors.allowed.permissions import Permissions

IDENTIFICATION = b"SSH-2.0-upheld\r\n"

DISCONNECT, KEXINIT, KEX_INIT = 1, 20, 30
"""KEX_INIT is KEXDH_INIT and KEX_ECDH_INIT alike (RFC 4253, 8; RFC 5656, 4)."""
BY_APPLICATION = 11
COOKIE = 16

# Old ones too: nothing secret ever travels here, and an old device shows its key in no other way.
KEY_EXCHANGES = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group1-sha1",
)
# In the order of everyday clients: dropbear offers RSA without having such a key, and its session
# dies of an assertion when somebody asks for it.
HOST_KEYS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
    "ssh-dss",
)
# These never come into use; a server without a match in them would end the exchange.
CIPHERS = (
    "aes128-ctr",
    "aes256-ctr",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-cbc",
    "aes256-cbc",
    "3des-cbc",
)
MACS = (
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha1",
    "hmac-md5",
)
COMPRESSION = ("none", "zlib@openssh.com", "zlib")
LISTS = (
    KEY_EXCHANGES, HOST_KEYS, CIPHERS, CIPHERS, MACS, MACS, COMPRESSION, COMPRESSION, (), (),
)  # fmt: skip
"""In KEXINIT's order (RFC 4253, 7.1)."""

_MOST_WORDS = 64
# X25519; an uncompressed point of P-256; an integer of 1024 or 2048 bits and its sign.
_X25519, _P256 = 32, 65
_INTEGERS = range(120, 258)


def judge(_: Permissions, message: bytes) -> str | None:
    """Why a message may not be sent, or None when it may."""
    if message == IDENTIFICATION:
        return None
    try:
        payload = _payload(message)
        kind, body = payload[0], payload[1:]
        if kind == KEXINIT:
            return None if body[COOKIE:] == kexinit_tail() else "its KEXINIT is not ours"
        if kind == KEX_INIT:
            return _opening(body)
        if kind == DISCONNECT:
            return _goodbye(body)
    except ValueError as error:
        return f"it is not one whole SSH packet: {error}"
    return f"message {kind} is not on the allow-list"


def first(held: bytes) -> int:
    """How many octets the first message of a direction has; 0 while it is not whole."""
    if held.startswith(b"SSH"):
        return held.find(b"\n") + 1
    size = 4 + int.from_bytes(held[:4], "big")
    return size if len(held) >= 4 and size <= len(held) else 0


def kexinit_tail() -> bytes:
    """Everything of our KEXINIT after its random cookie."""
    lists = (",".join(names).encode() for names in LISTS)
    return b"".join(len(text).to_bytes(4, "big") + text for text in lists) + bytes(5)


def _payload(message: bytes) -> bytes:
    """RFC 4253, 6, without encryption or MAC."""
    if (
        len(message) < 16
        or len(message) % 8
        or int.from_bytes(message[:4], "big") != (len(message) - 4)
    ):
        raise ValueError("its length does not fit")
    padding = message[4]
    if not 4 <= padding <= len(message) - 6:
        raise ValueError(f"{padding} octets of padding do not fit")
    return message[5 : len(message) - padding]


def _opening(body: bytes) -> str | None:
    size, value = int.from_bytes(body[:4], "big"), body[4:]
    if len(body) < 4 or size != len(value):
        return "its key exchange does not hold one value"
    point = size == _P256 and value[0] == 4
    integer = size in _INTEGERS and (value[0] & 0x80) == 0
    return None if size == _X25519 or point or integer else "its key exchange is of no kind we make"


def _goodbye(body: bytes) -> str | None:
    size = int.from_bytes(body[4:8], "big")
    words, language = body[8 : 8 + size], body[8 + size :]
    fits = len(body) >= 12 and size <= _MOST_WORDS and language == bytes(4)
    if int.from_bytes(body[:4], "big") != BY_APPLICATION or not fits or not words.isascii():
        return "its DISCONNECT is not ours"
    return None
