"""
Key exchanges as an SSH client opens them (RFC 4253, 8; RFC 5656, 4; RFC 8731): pure but for chance.

They serve one purpose: that the server signs something only it could have signed just now.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from collectors.ssh_packets import Reader, mpint, string

# RFC 2409, 6.2 and RFC 3526, 3: safe primes with the generator 2.
_GROUP1 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
_GROUP14 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)


@dataclass(frozen=True)
class Exchange:
    """
    One exchange under way.

    `opening` is our value as it stands on the wire, its length before it.  `finish` takes the
    server's value, likewise, and gives the shared secret; it raises `ValueError` for a value that
    is none.  `digest` names the hash.
    """

    opening: bytes
    finish: Callable[[bytes], int]
    digest: str


def begin(name: str) -> Exchange:
    """Raises `KeyError` for a name that is not on our list."""
    return _KINDS[name]()


def _curve25519() -> Exchange:
    key = x25519.X25519PrivateKey.generate()

    def finish(theirs: bytes) -> int:
        peer = x25519.X25519PublicKey.from_public_bytes(_one(theirs))
        return int.from_bytes(key.exchange(peer), "big")

    return Exchange(string(key.public_key().public_bytes_raw()), finish, "sha256")


def _nistp256() -> Exchange:
    key = ec.generate_private_key(ec.SECP256R1())

    def finish(theirs: bytes) -> int:
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _one(theirs))
        return int.from_bytes(key.exchange(ec.ECDH(), peer), "big")

    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Exchange(string(point), finish, "sha256")


def _group(prime: int, digest: str) -> Callable[[], Exchange]:
    def start() -> Exchange:
        # As many bits as the group could bear; half of its own is what it is worth.
        secret = secrets.randbits(512) | 1 << 511

        def finish(theirs: bytes) -> int:
            reader = Reader(theirs)
            value = reader.mpint()
            reader.end()
            if not 1 < value < prime - 1:
                raise ValueError("its value of the exchange lies outside the group")
            return pow(value, secret, prime)

        return Exchange(mpint(pow(2, secret, prime)), finish, digest)

    return start


def _one(theirs: bytes) -> bytes:
    reader = Reader(theirs)
    value = reader.string()
    reader.end()
    return value


_KINDS: dict[str, Callable[[], Exchange]] = {
    "curve25519-sha256": _curve25519,
    "curve25519-sha256@libssh.org": _curve25519,
    "ecdh-sha2-nistp256": _nistp256,
    "diffie-hellman-group14-sha256": _group(_GROUP14, "sha256"),
    "diffie-hellman-group14-sha1": _group(_GROUP14, "sha1"),
    "diffie-hellman-group1-sha1": _group(_GROUP1, "sha1"),
}
