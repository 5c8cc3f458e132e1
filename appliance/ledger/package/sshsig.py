"""A detached SSH signature over a file, as OpenSSH's PROTOCOL.sshsig has it: ssh-keygen verifies it."""

from __future__ import annotations

import struct
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha512

NAMESPACE = "evidence-package@upheld"
VALIDATION = "validation-report@upheld"
_LINE = 70


def signature(
    key: bytes, sign: Callable[[bytes], bytes], message: bytes, namespace: str = NAMESPACE
) -> bytes:
    """The armoured signature; `key` is the Ed25519 public key, `sign` its other half."""
    names = _strings(namespace.encode(), b"", b"sha512")
    signed = sign(b"SSHSIG" + names + _strings(sha512(message).digest()))
    blob = (
        b"SSHSIG"
        + struct.pack(">I", 1)
        + _strings(_public(key))
        + names
        + _strings(_strings(b"ssh-ed25519", signed))
    )
    text = b64encode(blob).decode()
    lines = [text[i : i + _LINE] for i in range(0, len(text), _LINE)]
    inner = "\n".join(lines)
    return f"-----BEGIN SSH SIGNATURE-----\n{inner}\n-----END SSH SIGNATURE-----\n".encode()


def allowed_signers(name: str, key: bytes) -> str:
    """The line ssh-keygen wants to be told whose signature it is looking at."""
    public = b64encode(_public(key)).decode()
    return f'{name} namespaces="{NAMESPACE},{VALIDATION}" ssh-ed25519 {public}\n'


def _public(key: bytes) -> bytes:
    return _strings(b"ssh-ed25519", key)


def _strings(*values: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(v)) + v for v in values)
