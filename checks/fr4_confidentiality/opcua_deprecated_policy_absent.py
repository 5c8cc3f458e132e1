"""Does the OPC UA server offer a security policy that is no longer safe?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, ON_INTERFACE, PART, SERVICE, check
from checks.facts.opcua import OpcUaEndpoints
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed
from checks.opcua_lists import row, unusable

# OPC 10000-7: both rest on SHA-1 and were deprecated in version 1.04.
_DEPRECATED = frozenset({"Basic128Rsa15", "Basic256"})
_CURRENT = frozenset({"Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"})
_NEWER = ("ECC_", "RSA_DH_")


@check(
    title="Only current OPC UA security policies are offered",
    about=SERVICE,
    requirements={"SR 4.3": ON_INTERFACE, "SR 3.1 RE 1": PART, "SR 1.9": PART},
    program=("DATA 1.5",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0830",),
    remedy="Find the clients that still use the SHA-1 policies, move them, then disable both.",
    by_hand="In UaExpert ask for the endpoints: neither Basic128Rsa15 nor Basic256 may be listed.",
)
def judge(listed: OpcUaEndpoints) -> Verdict:
    """
    Passes when every secured endpoint has a current policy; fails when Basic128Rsa15 or Basic256
    is offered; does not apply to discovery servers, nor where every endpoint is unsecured (that
    is opcua-mode-none-absent's to say).

    A client or somebody in between may choose the oldest policy the server still accepts.
    """
    if found := unusable(listed):
        return found
    old = [e for e in listed.endpoints if e.policy in _DEPRECATED]
    if old:
        names = " and ".join(sorted({e.policy for e in old}))
        return failed(
            Reason.WEAK_CRYPTOGRAPHY,
            f"{len(old)} of {len(listed.endpoints)} endpoints still offer {names}.",
            where=tuple(row(e) for e in old),
        )
    secured = [e for e in listed.endpoints if e.policy != "None"]
    if not secured:
        return not_applicable("The server lists unsecured endpoints only.")
    unknown = [e for e in secured if e.policy not in _CURRENT and not e.policy.startswith(_NEWER)]
    if unknown:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Nobody here knows the security policy {unknown[0].policy!r}.",
            where=tuple(row(e) for e in unknown),
        )
    return passed(f"All {len(secured)} secured endpoints have a current security policy.")
