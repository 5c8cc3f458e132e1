"""Does VNC demand authentication, and encrypt where it leaves its zone?"""

from __future__ import annotations

from checks.check import CRITICAL, ON_INTERFACE, PART, SERVICE, SOC, check
from checks.facts.greetings import VncSecurity
from checks.facts.observation import Seen
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed

# RFC 6143 and the registry of RFB security types.
_NONE, _PASSWORD = 1, 2
_ENCRYPTED = frozenset({5, 6, 13, 18, 19, 129, 130, 133})
_AUTHENTICATED = frozenset({_PASSWORD, 16, 17, 20, 30, 35}) | _ENCRYPTED


@check(
    title="VNC demands authentication, and encryption across zones",
    about=SERVICE,
    requirements={"SR 1.1": ON_INTERFACE, "SR 4.1": PART, "SR 4.1 RE 2": PART},
    program=("USER 1.8",),
    severity=CRITICAL,
    audience=SOC,
    enables=("T0823", "T0886"),
    remedy="Set a login with an encrypted security type, or remove VNC.",
    by_hand="Connect with a VNC viewer from the monitor's zone: it must ask for a password, and "
    "report an encrypted session.",
)
def judge(offer: Seen[VncSecurity]) -> Verdict:
    """
    Passes when every security type offered authenticates, and each encrypts where a conduit is
    crossed; fails when the type None is offered, or plain password types across a conduit; does
    not apply to assets that are never probed.

    A screen of the process without a password is a keyboard for everybody.
    """
    if offer.facts is None:
        assert offer.reason is not None
        return inconclusive(offer.reason, offer.said)
    types = offer.facts.types
    if _NONE in types:
        return failed(
            Reason.ANONYMOUS_ACCEPTED, "The server offers security type None: no password at all."
        )
    if not types:
        return inconclusive(
            Reason.DENIED, f"The server named no security type: {offer.facts.said or 'no reason'}."
        )
    plain = [t for t in types if t not in _ENCRYPTED]
    if strange := [t for t in plain if t not in _AUTHENTICATED]:
        return inconclusive(Reason.NOT_COMPARABLE, f"Nobody here knows security type {strange[0]}.")
    if plain and offer.conduit is not None:
        return failed(
            Reason.UNPROTECTED,
            f"Security type {plain[0]} leaves the picture unencrypted on conduit {offer.conduit}.",
        )
    return passed(f"The server offers security types {', '.join(map(str, types))}.")
