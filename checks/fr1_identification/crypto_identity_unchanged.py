"""Is the server's key still the one the inventory records?"""

from __future__ import annotations

from checks.check import HIGH, PART, SERVICE, SOC, check
from checks.facts.expected import Expected
from checks.facts.observation import Facts, Seen
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.ssh import SshHostKey
from checks.facts.tls import TlsServer, TlsTrust
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="Certificate or host key is the recorded one",
    about=SERVICE,
    requirements={"SR 1.9": PART, "SR 3.4": PART, "SR 1.2": PART},
    program=("CM 1.4", "DATA 1.6"),
    severity=HIGH,
    audience=SOC,
    enables=("T0830", "T0849"),
    remedy="Find out who renewed it; if nobody did, somebody stands between. Record an approved "
    "renewal in the inventory.",
    by_hand="For SSH run ssh-keyscan -p {port} {address} | cut -d' ' -f3 | base64 -d | sha256sum, "
    "else openssl x509 -noout -fingerprint -sha256; compare with trust: in the inventory.",
)
def judge(
    ssh: tuple[Seen[SshHostKey], ...],
    tls: tuple[Seen[TlsServer], ...],
    opcua: tuple[Seen[OpcUaEndpoints], ...],
    expected: Expected,
) -> Verdict:
    """
    Passes when what the server shows has the fingerprint the inventory records; fails when it has
    another; does not apply where the inventory records none, and then says what was shown.

    A key that changes without a ticket is a device exchanged, reinstalled or impersonated.
    """
    seen = sorted((*ssh, *tls, *opcua), key=lambda one: one.at)
    if not seen:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    newest, pin = seen[-1], expected.service.pin if expected.service else None
    shown = _shown(newest.facts)
    if pin is None:
        now = f"; shown was {shown}" if shown else ""
        return not_applicable(f"The inventory records no fingerprint{now}.")
    if newest.facts is None:
        assert newest.reason is not None
        return inconclusive(newest.reason, newest.said)
    if not shown:
        return inconclusive(Reason.UNINTELLIGIBLE, "The server has shown no certificate.")
    same = _same(newest.facts, pin)
    if same is None:
        return inconclusive(Reason.NOT_COMPARABLE, f"What was shown, {shown}, was not compared.")
    if not same:
        return failed(Reason.DIFFERS, f"The server shows {shown}; recorded is {pin}.")
    return passed(f"The server shows {shown}, as recorded.")


def _shown(facts: Facts | None) -> str:
    if isinstance(facts, SshHostKey):
        return facts.sha256
    if isinstance(facts, TlsServer | OpcUaEndpoints) and facts.certificates:
        return facts.certificates[0].sha256
    return ""


def _same(facts: Facts, pin: str) -> bool | None:
    """None where the collector did not compare: it alone knows which certificates must fit."""
    if isinstance(facts, SshHostKey):
        return facts.sha256 == pin
    assert isinstance(facts, TlsServer | OpcUaEndpoints)
    if facts.trust is TlsTrust.PINNED:
        # It was pinned to what the inventory said then, which need not be what it says now.
        return True if pin in {c.sha256 for c in facts.certificates} else None
    return False if facts.trust is TlsTrust.UNTRUSTED else None
