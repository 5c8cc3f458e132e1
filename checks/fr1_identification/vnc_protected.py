"""Does VNC demand authentication, and encrypt where it leaves its zone?"""

from __future__ import annotations

from checks.check import CRITICAL, ON_INTERFACE, PART, SERVICE, SOC, check
from checks.facts.greetings import VncSecurity
from checks.facts.observation import Seen
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed

# RFC 6143 and the registry of RFB security types.
_NONE, _PASSWORD = 1, 2
# RA2 and RA256, whole and in two steps.  Their relatives RA2ne and RAne256 authenticate only.
_ENCRYPTED = frozenset({5, 13, 129, 133})
_AUTHENTICATED = frozenset({_PASSWORD, 6, 20, 30, 35, 130}) | _ENCRYPTED
# What these demand is said once one of them is chosen, and may be nothing: VeNCrypt has TLSNone and
# Plain, TLS the same list again, Tight an empty one.
_NESTED = {16: "Tight", 17: "Ultra", 18: "TLS", 19: "VeNCrypt"}


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
    Passes when every security type offered authenticates by itself, and each encrypts where a
    conduit is crossed; fails when the type None is offered, or plain password types across a
    conduit; does not apply to assets that are never probed.

    We choose no type, so one that only wraps others shows nothing: it may wrap None.  A screen of
    the process without a password is a keyboard for everybody.
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
    plain = [t for t in types if t in _AUTHENTICATED - _ENCRYPTED]
    if strange := [t for t in types if t not in _AUTHENTICATED and t not in _NESTED]:
        return inconclusive(Reason.NOT_COMPARABLE, f"Nobody here knows security type {strange[0]}.")
    if plain and offer.conduit is not None:
        return failed(
            Reason.UNPROTECTED,
            f"Security type {plain[0]} leaves the picture unencrypted on conduit {offer.conduit}.",
        )
    if nested := [t for t in types if t in _NESTED]:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Security type {nested[0]} ({_NESTED[nested[0]]}) says what it demands only to who "
            "chooses it, which we do not.",
        )
    return passed(f"The server offers security types {', '.join(map(str, types))}.")
