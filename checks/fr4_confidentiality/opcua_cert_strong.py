"""Are key and signature of the OPC UA server's certificate strong enough?"""

from __future__ import annotations

from checks.check import MEDIUM, PART, SERVICE, check
from checks.facts.certificates import Certificate
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed
from checks.opcua_lists import certificates

_LEAST_BITS = {"RSA": 2048, "EC": 256}
_EDWARDS = ("Ed25519", "Ed448")
_STRONG_HASHES = frozenset({"sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"})
_WEAK_HASHES = frozenset({"md2", "md4", "md5", "sha1", "sha224"})


@check(
    title="Server certificate key and signature are strong enough",
    about=SERVICE,
    requirements={"SR 4.3": PART, "SR 1.9": PART},
    program=("DATA 1.5",),
    severity=MEDIUM,
    remedy="Issue a new certificate with RSA of 2048 bits or more, or EC, signed with SHA-256.",
    by_hand="In UaExpert open the server certificate: look at key length and signature algorithm.",
)
def judge(listed: OpcUaEndpoints) -> Verdict:
    """
    Passes when every certificate has RSA of at least 2048 bits, EC of at least 256 or an Edwards
    key, and SHA-256 or better; fails when one is weaker; does not apply where no endpoint has a
    certificate.

    The certificate is what clients trust the server by; who can forge it can be the server.
    """
    given = certificates(listed)
    if isinstance(given, Verdict):
        return given
    weak = [(c, why) for c in given if (why := _weakness(c))]
    if weak:
        return failed(
            Reason.WEAK_CRYPTOGRAPHY,
            f"The certificate has {weak[0][1]}.",
            where=tuple(c.subject or c.sha256 for c, _ in weak),
        )
    unclear = [c for c in given if not _known(c)]
    if unclear:
        return inconclusive(
            Reason.UNINTELLIGIBLE,
            "Key or signature of a certificate could not be judged"
            f"{f' ({unclear[0].problem})' if unclear[0].problem else ''}.",
            where=tuple(c.subject or c.sha256 for c in unclear),
        )
    return passed(
        "The certificate has " + " and ".join(sorted({_strength(c) for c in given})) + "."
    )


def _weakness(certificate: Certificate) -> str | None:
    least = _LEAST_BITS.get(certificate.key_type)
    if certificate.key_type == "DSA" or (least and 0 < certificate.key_bits < least):
        return f"a {certificate.key_type} key of {certificate.key_bits} bits"
    if certificate.signature_hash in _WEAK_HASHES:
        return f"a {certificate.signature_hash} signature"
    return None


def _known(certificate: Certificate) -> bool:
    if certificate.problem:
        return False
    if certificate.key_type in _EDWARDS:
        key = True
    else:
        key = certificate.key_type in _LEAST_BITS and certificate.key_bits > 0
    # Who signed with an Edwards key names no hash; then the issuer's key is as strong as ours.
    unnamed = certificate.signature_hash == "" and certificate.key_type in _EDWARDS
    return key and (unnamed or certificate.signature_hash in _STRONG_HASHES)


def _strength(certificate: Certificate) -> str:
    if certificate.key_type in _EDWARDS:
        return f"an {certificate.key_type} key"
    return f"{certificate.key_type} {certificate.key_bits} bits with {certificate.signature_hash}"
