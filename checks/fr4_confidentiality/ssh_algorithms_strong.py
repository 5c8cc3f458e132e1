"""Does the SSH server offer an algorithm that is no longer safe?"""

from __future__ import annotations

import re

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.ssh import SshHostKey, SshOffer
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed

# RFC 8758, RFC 9142 and RFC 8332: SHA-1, groups of 1024 bits, RC4, CBC and MD5 are out.
_WEAK_EXCHANGE = (
    "diffie-hellman-group1-",
    "-sha1",
    "diffie-hellman-group-exchange-sha1",
    "rsa1024",
)
_WEAK_HOST_KEYS = frozenset({"ssh-rsa", "ssh-dss", "ssh-rsa-cert-v01@openssh.com"})
_WEAK_CIPHERS = ("arcfour", "-cbc", "des-", "none", "rijndael-cbc", "blowfish", "cast128")
_WEAK_MACS = ("hmac-md5", "hmac-sha1", "umac-64", "hmac-ripemd", "none")
_LEAST_BITS = {"RSA": 2048, "EC": 256}
# Names nobody has judged are nobody's pass; OpenSSH's and dropbear's markers are no algorithms.
_SOUND = re.compile(
    r"(sk-)?(ssh-(ed25519|ed448)|rsa-sha2-(256|512)|ecdsa-sha2-nistp(256|384|521)"
    r"|x509v3-(rsa2048-sha256|ecdsa-sha2-nistp(256|384|521)))(-cert-v01)?"
    r"|curve(25519-sha256|448-sha512)|ecdh-sha2-nistp(256|384|521)"
    r"|diffie-hellman-group(1[4-8]-sha(256|512)|-exchange-sha256)"
    r"|(sntrup761|mlkem768)x25519-sha(256|512)|mlkem(768nistp256-sha256|1024nistp384-sha384)"
    r"|ext-info-s|kex-strict-s-v00|kexguess2"
    r"|chacha20-poly1305|(aes|twofish|serpent|camellia)(128|192|256)-(ctr|gcm)"
    r"|AEAD_AES_(128|256)_GCM|hmac-sha2-(256|512)(-etm)?|umac-128(-etm)?"
)


@check(
    title="SSH offers no weak algorithm, and protocol 2 only",
    about=SERVICE,
    requirements={"SR 4.3": PART, "SR 3.1 RE 1": PART, "SR 1.9": PART, "SR 7.6": PART},
    program=("DATA 1.5",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0830",),
    remedy="Limit the server to current key exchanges, AES-GCM or AES-CTR, and SHA-2 MACs.",
    by_hand="Run ssh -vv -o PreferredAuthentications=none {address} -p {port} and read the lists "
    "after 'peer server KEXINIT proposal'.",
)
def judge(offer: SshOffer, host_key: SshHostKey | None) -> Verdict:
    """
    Passes when nothing the server offers is weak, protocol 2 only and the host key strong where
    it was seen; fails when any offered algorithm or the host key is weak, or version 1 is spoken;
    does not apply to assets that are never probed.

    What is offered is what somebody in between can make both sides agree on.
    """
    if offer.protocol_version != "2.0":
        return failed(
            Reason.WEAK_CRYPTOGRAPHY,
            f"The server announces protocol {offer.protocol_version}, which includes version 1.",
        )
    if weak := _weak(offer):
        return failed(
            Reason.WEAK_CRYPTOGRAPHY,
            f"The server offers {len(weak)} weak algorithms, such as {weak[0]}.",
            where=weak,
        )
    if strange := _strange(offer):
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Nobody here knows {len(strange)} of the algorithms, such as {strange[0]}.",
            where=strange,
        )
    if not (offer.key_exchange and offer.host_key_algorithms and offer.ciphers):
        return inconclusive(Reason.UNINTELLIGIBLE, "The server's lists of algorithms are empty.")
    if host_key is not None:
        least = _LEAST_BITS.get(host_key.key_type)
        if host_key.key_type == "DSA" or (least and host_key.key_bits < least):
            return failed(
                Reason.WEAK_CRYPTOGRAPHY,
                f"The host key is {host_key.key_type} of {host_key.key_bits} bits.",
            )
    return passed(f"None of the {_count(offer)} algorithms the server offers is weak.")


def _weak(offer: SshOffer) -> tuple[str, ...]:
    return (
        *(a for a in offer.key_exchange if any(w in a for w in _WEAK_EXCHANGE)),
        *(a for a in offer.host_key_algorithms if a in _WEAK_HOST_KEYS),
        *(a for a in offer.ciphers if any(w in a for w in _WEAK_CIPHERS)),
        *(a for a in offer.macs if a.startswith(_WEAK_MACS)),
    )


def _strange(offer: SshOffer) -> tuple[str, ...]:
    lists = (offer.key_exchange, offer.host_key_algorithms, offer.ciphers, offer.macs)
    names = (name for names in lists for name in names)
    return tuple(dict.fromkeys(n for n in names if not _SOUND.fullmatch(n.partition("@")[0])))


def _count(offer: SshOffer) -> int:
    lists = (offer.key_exchange, offer.host_key_algorithms, offer.ciphers, offer.macs)
    return sum(len(names) for names in lists)
