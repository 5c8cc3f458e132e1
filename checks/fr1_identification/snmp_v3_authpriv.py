"""Is the SNMP agent read with authentication and encryption?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.snmp import SnmpLevel, SnmpSystem
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed

_STRONG_AUTH = ("SHA224", "SHA256", "SHA384", "SHA512")
_WEAK_AUTH = ("MD5", "SHA", "SHA1")
_WEAK_PRIV = ("DES", "3DES")


@check(
    title="Monitoring works with SNMPv3 authPriv",
    about=SERVICE,
    requirements={"SR 1.2": PART, "SR 4.1": PART, "SR 3.1 RE 1": PART, "SR 4.3": PART},
    program=("NET 1.8", "DATA 1.5"),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0842",),
    remedy="Create a read-only user with authPriv, SHA-256 and AES, and give it to the monitor.",
    by_hand="Run snmpget -v3 -l authPriv -a SHA-256 -x AES with the monitor's user.",
)
def judge(system: SnmpSystem) -> Verdict:
    """
    Passes when the agent answered at authPriv with SHA-2 and AES; fails when it was read at a
    lower level or with MD5, SHA-1 or DES; does not apply to assets that are never probed.

    What we monitor with is what others copy, and it travels through the plant every day.
    """
    if system.level is not SnmpLevel.AUTH_PRIV:
        return failed(
            Reason.UNPROTECTED, f"The agent is read with {system.level.value}, not authPriv."
        )
    auth, priv = _name(system.auth_protocol), _name(system.priv_protocol)
    pair = f"{system.auth_protocol or 'no'} and {system.priv_protocol or 'no'}"
    if auth in _WEAK_AUTH or priv in _WEAK_PRIV:
        return failed(
            Reason.WEAK_CRYPTOGRAPHY, f"The agent is read with authPriv, but with {pair}."
        )
    if auth not in _STRONG_AUTH or not priv.startswith("AES"):
        return inconclusive(
            Reason.NOT_COMPARABLE, f"Nobody here knows the protocols {pair} of this authPriv user."
        )
    return passed(f"The agent answers authPriv with {pair}.")


def _name(protocol: str) -> str:
    return protocol.upper().replace("-", "").replace("_", "").removeprefix("HMAC")
