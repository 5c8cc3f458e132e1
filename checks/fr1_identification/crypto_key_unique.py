"""Does each key belong to one asset only?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.certificate_rules import judgeable
from checks.check import ENGINEERING, HIGH, PART, SITE, check
from checks.facts.certificates import Certificate
from checks.facts.observation import Facts, Seen
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.ssh import SshHostKey
from checks.facts.tls import TlsServer
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="No key is used by two assets",
    about=SITE,
    requirements={"SR 1.2 RE 1": PART, "SR 1.5": PART, "SR 1.9": PART},
    program=("DATA 1.6",),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0830", "T0849"),
    remedy="Generate a key of its own on each of these assets; keys shipped by a vendor are a "
    "frequent cause.",
    by_hand="Compare the SHA-256 fingerprints of ssh-keyscan ADDRESS | ssh-keygen -lf - and of the "
    "certificates' public keys over all assets: no two may be equal.",
)
def judge(
    ssh: tuple[Seen[SshHostKey], ...],
    tls: tuple[Seen[TlsServer], ...],
    opcua: tuple[Seen[OpcUaEndpoints], ...],
) -> Verdict:
    """
    Passes when at least two assets showed a key and no key was shown by two; fails when two assets
    show the same; does not apply to a site whose assets are asked for no key.

    Who has one of them can pass for all the others, and a vendor's key is everybody's.
    """
    if not (seen := (*ssh, *tls, *opcua)):
        return not_applicable("No asset of this site is asked for a key.")
    owners: dict[tuple[str, str], set[str]] = {}
    for one in seen:
        for key in _keys(one.facts):
            owners.setdefault(key, set()).add(one.asset)
    shared = sorted(sorted(assets) for assets in owners.values() if len(assets) > 1)
    if shared:
        return failed(
            Reason.WEAK_CRYPTOGRAPHY,
            f"{len(shared)} keys are used by more than one asset, one of them by "
            f"{' and '.join(shared[0])}.",
            where=tuple(" and ".join(assets) for assets in shared),
        )
    return _gap(seen) or passed(f"{len(owners)} keys were seen, each on one asset only.")


def _gap(seen: tuple[Seen[Facts], ...]) -> Verdict | None:
    hidden = [one for one in seen if one.facts is None]
    if hidden:
        assert hidden[0].reason is not None
        return inconclusive(
            hidden[0].reason,
            f"{len(hidden)} services did not show their key. {hidden[0].said}",
            where=tuple(sorted({f"{one.asset}.{one.service}" for one in hidden})),
        )
    unread = sorted({one.asset for one in seen if not _whole(one.facts)})
    if unread:
        return inconclusive(
            Reason.UNINTELLIGIBLE, "Not every certificate could be read.", where=tuple(unread)
        )
    if len({one.asset for one in seen if any(_keys(one.facts))}) < 2:
        return inconclusive(Reason.NOT_COMPARABLE, "Fewer than two assets have shown a key.")
    return None


def _certificates(facts: Facts | None) -> tuple[Certificate, ...]:
    """The server's own only: a CA's key is meant to stand behind many."""
    if isinstance(facts, TlsServer):
        return facts.certificates[:1]
    return facts.certificates if isinstance(facts, OpcUaEndpoints) else ()


def _keys(facts: Facts | None) -> Iterator[tuple[str, str]]:
    """SSH and X.509 write the same key in two ways, so each is compared with its own kind."""
    if isinstance(facts, SshHostKey):
        yield "ssh", facts.sha256
    for certificate in _certificates(facts):
        if certificate.public_key_sha256:
            yield "x509", certificate.public_key_sha256


def _whole(facts: Facts | None) -> bool:
    found = _certificates(facts)
    if any(not c.public_key_sha256 or not judgeable(c) for c in found):
        return False
    # A handshake that never showed a certificate leaves nothing to compare.
    return bool(found) or not isinstance(facts, TlsServer) or bool(facts.completed)
