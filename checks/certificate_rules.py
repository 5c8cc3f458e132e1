"""What makes a certificate sound, whatever protocol it came over."""

from __future__ import annotations

from datetime import datetime, timedelta

from checks.facts.certificates import Certificate

_LEAST_BITS = {"RSA": 2048, "EC": 256}
_EDWARDS = ("Ed25519", "Ed448")
_STRONG_HASHES = frozenset({"sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"})
_WEAK_HASHES = frozenset({"md2", "md4", "md5", "sha1", "sha224"})


def weakness(certificate: Certificate) -> str | None:
    """What is too weak about key or signature, or None when nothing known is."""
    least = _LEAST_BITS.get(certificate.key_type)
    if certificate.key_type == "DSA" or (least and 0 < certificate.key_bits < least):
        return f"a {certificate.key_type} key of {certificate.key_bits} bits"
    if certificate.signature_hash in _WEAK_HASHES:
        return f"a {certificate.signature_hash} signature"
    return None


def judgeable(certificate: Certificate) -> bool:
    """Whether key and signature were read well enough to be called strong."""
    if certificate.problem:
        return False
    if certificate.key_type in _EDWARDS:
        key = True
    else:
        key = certificate.key_type in _LEAST_BITS and certificate.key_bits > 0
    # Who signed with an Edwards key names no hash; then the issuer's key is as strong as ours.
    unnamed = certificate.signature_hash == "" and certificate.key_type in _EDWARDS
    return key and (unnamed or certificate.signature_hash in _STRONG_HASHES)


def strength(certificate: Certificate) -> str:
    """Key and signature as a person says it."""
    if certificate.key_type in _EDWARDS:
        return f"an {certificate.key_type} key"
    return f"{certificate.key_type} {certificate.key_bits} bits with {certificate.signature_hash}"


def date_problem(certificate: Certificate, at: datetime, warning: timedelta) -> str | None:
    """What is wrong with its dates at a moment, the warning time before its end included."""
    begins, ends = certificate.not_before, certificate.not_after
    if begins is not None and at < begins:
        return f"is not valid before {begins:%Y-%m-%d}"
    if ends is not None and at > ends:
        return f"expired on {ends:%Y-%m-%d}"
    if ends is not None and ends - at <= warning:
        return f"expires on {ends:%Y-%m-%d}, within {warning.days} days"
    return None
