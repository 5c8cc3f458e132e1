"""
A package for one reader: CMS EnvelopedData (RFC 5652) that `openssl cms -decrypt` opens.

AES-256-CBC for the package, RSAES-OAEP with SHA-256 for its key.  Who it is from and whether it
is whole is not shown by this but by the signed manifests inside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from appliance.ledger.errors import LedgerError

_SEQUENCE, _SET, _INTEGER, _OCTETS, _EXPLICIT, _IMPLICIT = 0x30, 0x31, 2, 4, 0xA0, 0x80
_BLOCK = 16
_CHUNK = 1 << 16
# OBJECT IDENTIFIERs as they are written: RFC 5652, RFC 3565 and RFC 4055.
_ENVELOPED = bytes.fromhex("06092a864886f70d010703")
_DATA = bytes.fromhex("06092a864886f70d010701")
_AES256_CBC = bytes.fromhex("060960864801650304012a")
_RSAES_OAEP = bytes.fromhex("06092a864886f70d010107")
_MGF1 = bytes.fromhex("06092a864886f70d010108")
_SHA256 = bytes.fromhex("0609608648016503040201")


def reader(path: Path) -> x509.Certificate:
    """The certificate to encrypt to.  Raises `LedgerError` for one that cannot be used."""
    data = path.read_bytes()
    try:
        pem = data.lstrip().startswith(b"-----")
        found = (
            x509.load_pem_x509_certificate(data) if pem else x509.load_der_x509_certificate(data)
        )
    except ValueError as error:
        raise LedgerError(
            f"{path}: no X.509 certificate, neither PEM nor DER ({error})."
        ) from error
    if not isinstance(found.public_key(), rsa.RSAPublicKey):
        raise LedgerError(
            f"{path}: its key is not RSA; name a certificate with an RSA key of 2,048 bits or more."
        )
    return found


def enveloped(plain: BinaryIO, size: int, certificate: x509.Certificate) -> Iterator[bytes]:
    """The envelope's bytes around `size` bytes read from `plain`."""
    key, start = os.urandom(32), os.urandom(_BLOCK)
    algorithm = _der(_SEQUENCE, _AES256_CBC + _der(_OCTETS, start))
    sealed = (size // _BLOCK + 1) * _BLOCK
    inner = _DATA + algorithm + _head(_IMPLICIT, sealed)
    before = _der(_INTEGER, b"\0") + _der(_SET, _recipient(certificate, key))
    content = _head(_SEQUENCE, len(inner) + sealed) + inner
    whole = _head(_SEQUENCE, len(before) + len(content) + sealed) + before + content
    outer = _ENVELOPED + _head(_EXPLICIT, len(whole) + sealed) + whole
    yield _head(_SEQUENCE, len(outer) + sealed) + outer
    yield from _encrypted(plain, key, start)


def _encrypted(plain: BinaryIO, key: bytes, start: bytes) -> Iterator[bytes]:
    padder = padding.PKCS7(8 * _BLOCK).padder()
    cipher = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    while piece := plain.read(_CHUNK):
        yield cipher.update(padder.update(piece))
    yield cipher.update(padder.finalize()) + cipher.finalize()


def _recipient(certificate: x509.Certificate, key: bytes) -> bytes:
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    sealed = public.encrypt(key, OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None))
    serial = certificate.serial_number
    number = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
    hashed = _der(_SEQUENCE, _SHA256)
    mask = _der(_SEQUENCE, _MGF1 + hashed)
    parameters = _der(_SEQUENCE, _der(0xA0, hashed) + _der(0xA1, mask))
    return _der(
        _SEQUENCE,
        _der(_INTEGER, b"\0")
        + _der(_SEQUENCE, certificate.issuer.public_bytes() + _der(_INTEGER, number))
        + _der(_SEQUENCE, _RSAES_OAEP + parameters)
        + _der(_OCTETS, sealed),
    )


def _der(tag: int, content: bytes) -> bytes:
    return _head(tag, len(content)) + content


def _head(tag: int, length: int) -> bytes:
    if length < 0x80:
        return bytes([tag, length])
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets
