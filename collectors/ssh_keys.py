"""
SSH host keys and what they have signed (RFC 4253, 6.6; RFC 5656, 3; RFC 8332; RFC 8709): pure.

RSA and DSA are verified by arithmetic of our own: libraries rightly refuse the short keys that
must be seen here, and a public key hides nothing that timing could tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from collectors.ssh_packets import Reader, string

# The most arithmetic a hostile key can make us do.
MOST_RSA_BITS, MOST_EXPONENT_BITS = 16_384, 64
MOST_DSA_BITS, DSA_ORDERS = 4_096, (160, 224, 256)


@dataclass(frozen=True)
class HostKey:
    """`verify` takes the algorithm, what was signed, the signature; raises `ValueError`."""

    kind: str
    bits: int
    verify: Callable[[str, bytes, bytes], None]


def host_key(algorithm: str, blob: bytes) -> HostKey:
    """The public key of a blob that must be of the algorithm's kind.  Raises `ValueError`."""
    reader = Reader(blob)
    named = reader.string().decode("ascii")
    if named != ("ssh-rsa" if algorithm.startswith("rsa-") else algorithm):
        raise ValueError(f"its host key is of kind {named[:40]!r}, agreed was {algorithm}")
    key = _KINDS[algorithm](reader)
    reader.end()
    return key


def verify(key: HostKey, algorithm: str, signed: bytes, blob: bytes) -> None:
    """Raises `ValueError` unless the blob is the key's own signature over `signed`."""
    reader = Reader(blob)
    named, signature = reader.string(), reader.string()
    reader.end()
    if named != algorithm.encode():
        raise ValueError(f"its signature is of kind {named[:40]!r}, agreed was {algorithm}")
    key.verify(algorithm, signed, signature)


def _wrong() -> ValueError:
    return ValueError("its signature does not verify with its host key")


# RFC 8017, 9.2: the DER that stands before the hash.
_RSA = {
    "ssh-rsa": ("sha1", bytes.fromhex("3021300906052b0e03021a05000414")),
    "rsa-sha2-256": ("sha256", bytes.fromhex("3031300d060960864801650304020105000420")),
    "rsa-sha2-512": ("sha512", bytes.fromhex("3051300d060960864801650304020305000440")),
}


def _rsa(reader: Reader) -> HostKey:
    exponent, modulus = reader.mpint(), reader.mpint()
    bits = modulus.bit_length()
    if not (exponent > 1 and exponent.bit_length() <= MOST_EXPONENT_BITS and exponent % 2):
        raise ValueError("its RSA key has no usable exponent")
    if modulus < 0 or not modulus % 2 or not 512 <= bits <= MOST_RSA_BITS:
        raise ValueError(f"its RSA key has no usable modulus ({bits} bits)")
    size = (bits + 7) // 8

    def check(algorithm: str, signed: bytes, signature: bytes) -> None:
        digest, prefix = _RSA[algorithm]
        told = prefix + hashlib.new(digest, signed, usedforsecurity=False).digest()
        # Some servers leave out the zeros in front; nobody may add any.
        number = int.from_bytes(signature, "big")
        if len(signature) > size or number >= modulus or size < len(told) + 11:
            raise _wrong()
        padded = b"\0\1" + b"\xff" * (size - len(told) - 3) + b"\0" + told
        if pow(number, exponent, modulus) != int.from_bytes(padded, "big"):
            raise _wrong()

    return HostKey("RSA", bits, check)


def _dsa(reader: Reader) -> HostKey:
    p, q, g, y = (reader.mpint() for _ in range(4))
    sound = 512 <= p.bit_length() <= MOST_DSA_BITS and q.bit_length() in DSA_ORDERS and p > 0 < q
    if not sound or not (1 < g < p and 1 < y < p and (p - 1) % q == 0):
        raise ValueError("its DSA key is malformed")
    if pow(g, q, p) != 1 or pow(y, q, p) != 1:
        raise ValueError("its DSA key is malformed")

    def check(_: str, signed: bytes, signature: bytes) -> None:
        r, s = int.from_bytes(signature[:20], "big"), int.from_bytes(signature[20:], "big")
        if len(signature) != 40 or not (0 < r < q and 0 < s < q):
            raise _wrong()
        told = int.from_bytes(hashlib.sha1(signed, usedforsecurity=False).digest(), "big")
        try:
            inverse = pow(s, -1, q)
        except ValueError:
            raise _wrong() from None
        if pow(g, told * inverse % q, p) * pow(y, r * inverse % q, p) % p % q != r:
            raise _wrong()

    return HostKey("DSA", p.bit_length(), check)


_CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    "nistp256": (ec.SECP256R1(), hashes.SHA256()),
    "nistp384": (ec.SECP384R1(), hashes.SHA384()),
    "nistp521": (ec.SECP521R1(), hashes.SHA512()),
}


def _ecdsa(name: str) -> Callable[[Reader], HostKey]:
    curve, digest = _CURVES[name]

    def read(reader: Reader) -> HostKey:
        if reader.string() != name.encode():
            raise ValueError(f"its ECDSA key is not on {name}")
        key = ec.EllipticCurvePublicKey.from_encoded_point(curve, reader.string())

        def check(_: str, signed: bytes, signature: bytes) -> None:
            pair = Reader(signature)
            r, s = pair.mpint(), pair.mpint()
            pair.end()
            if r <= 0 or s <= 0:
                raise _wrong()
            try:
                key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))
            except InvalidSignature:
                raise _wrong() from None

        return HostKey("EC", key.curve.key_size, check)

    return read


def _ed25519(reader: Reader) -> HostKey:
    key = ed25519.Ed25519PublicKey.from_public_bytes(reader.string())

    def check(_: str, signed: bytes, signature: bytes) -> None:
        try:
            key.verify(signature, signed)
        except InvalidSignature:
            raise _wrong() from None

    return HostKey("Ed25519", 256, check)


_KINDS: dict[str, Callable[[Reader], HostKey]] = {
    **dict.fromkeys(_RSA, _rsa),
    "ssh-dss": _dsa,
    "ssh-ed25519": _ed25519,
    **{f"ecdsa-sha2-{name}": _ecdsa(name) for name in _CURVES},
}


def exchange_hash(digest: str, strings: tuple[bytes, ...], rest: bytes) -> bytes:
    """RFC 4253, 8: the strings with their lengths, then what has its form already."""
    data = b"".join(string(each) for each in strings) + rest
    return hashlib.new(digest, data, usedforsecurity=False).digest()
