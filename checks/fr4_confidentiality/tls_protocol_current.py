"""Does the TLS server still speak a version that is no longer safe?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, ON_INTERFACE, PART, SERVICE, check
from checks.facts.tls import TlsVersion, TlsVersions
from checks.facts.verdict import Verdict
from checks.tls_lists import judge_trials

# RFC 7568 and RFC 8996.
_OLD = frozenset({TlsVersion.SSL3.value, TlsVersion.TLS10.value, TlsVersion.TLS11.value})


@check(
    title="Only TLS 1.2 and 1.3 are accepted",
    about=SERVICE,
    requirements={"SR 4.3": ON_INTERFACE, "SR 3.1 RE 1": PART, "SR 4.1": PART},
    program=("DATA 1.5",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0830",),
    remedy="Raise the server's minimum version to TLS 1.2.",
    by_hand="Run openssl s_client -connect {address}:{port} -tls1_1 -cipher ALL:@SECLEVEL=0, then "
    "with -tls1: both must end in an alert of the server, and with -tls1_2 or -tls1_3 the "
    "handshake must succeed.",
)
def judge(versions: TlsVersions) -> Verdict:
    """
    Passes when SSL 3.0, TLS 1.0 and TLS 1.1 are each refused by an alert and a newer version
    works; fails when one of them is accepted; does not apply to assets that are never probed.

    Old versions are accepted for the sake of old clients, and whoever sits in between picks them.
    """
    return judge_trials(
        versions.trials, versions.control, _OLD, what="every version before TLS 1.2"
    )
