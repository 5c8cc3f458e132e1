"""
RFC 3161 time stamps over a checkpoint: the request, and what the answer is worth.

`rfc3161-client` (extra `upheld[rfc3161]`) reads and verifies; without it nothing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType

from cryptography import x509

from appliance.ledger.errors import LedgerError


@dataclass(frozen=True)
class Stamped:
    """When the authority says it saw the data; its serial number and policy, for the record."""

    at: datetime
    serial: str
    policy: str


@dataclass(frozen=True)
class Request:
    """A request over `data`, with its nonce; `octets` is what is sent."""

    octets: bytes
    nonce: int


def available() -> bool:
    try:
        _library()
    except LedgerError:
        return False
    return True


def request(data: bytes) -> Request:
    """Raises `LedgerError` when the extra is not installed."""
    library = _library()
    made = (
        library.TimestampRequestBuilder()
        .data(data)
        .hash_algorithm(library.HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    return Request(made.as_bytes(), made.nonce)


def verified(answer: bytes, data: bytes, roots: bytes, nonce: int | None = None) -> Stamped:
    """
    What the answer's token shows about `data`; `roots` are PEM certificates we trust.

    Raises `LedgerError` saying what is wrong with the answer or the roots.
    """
    library = _library()
    try:
        certificates = x509.load_pem_x509_certificates(roots)
    except ValueError as error:
        raise LedgerError(f"the authority's roots are no PEM certificates ({error})") from error
    try:
        response = library.decode_timestamp_response(answer)
    except ValueError as error:
        raise LedgerError(f"the answer is no RFC 3161 time stamp ({error})") from error
    builder = library.VerifierBuilder()
    for certificate in certificates:
        builder = builder.add_root_certificate(certificate)
    if nonce is not None:
        builder = builder.nonce(nonce)
    try:
        good = builder.build().verify_message(response, data)
        info = response.tst_info
        stamped = Stamped(
            info.gen_time.astimezone(UTC), str(info.serial_number), info.policy.dotted_string
        )
    except (library.VerificationError, ValueError) as error:
        raise LedgerError(f"the time stamp does not verify ({error})") from error
    if not good:
        raise LedgerError("the time stamp does not verify")
    return stamped


def _library() -> ModuleType:
    try:
        import rfc3161_client  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise LedgerError("time stamps need the extra: pip install 'upheld[rfc3161]'") from error
    return rfc3161_client
