"""Does the TLS server accept a cipher suite that protects nothing?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.tls import TlsWeakSuites
from checks.facts.verdict import Verdict
from checks.tls_lists import judge_trials

_WEAK = frozenset({"NULL", "EXPORT", "RC4", "DES", "3DES", "anonymous"})


@check(
    title="No weak cipher suite is accepted",
    about=SERVICE,
    requirements={"SR 4.3": PART, "SR 4.1": PART},
    program=("DATA 1.5",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0830",),
    remedy="Limit the server to suites with AES-GCM or ChaCha20 and ephemeral keys.",
    by_hand="Run openssl s_client -connect {address}:{port} -tls1_2 "
    "-cipher 'eNULL:aNULL:RC4:3DES:@SECLEVEL=0' with an openssl that still has them: the "
    "handshake must fail.",
)
def judge(suites: TlsWeakSuites) -> Verdict:
    """
    Passes when no weak group of suites is accepted and a sound handshake works; fails when the
    server chooses a suite of a weak group; does not apply to assets that are never probed.

    A strong version with a suite that does not encrypt is an open door with a good lock.
    """
    return judge_trials(suites.trials, suites.control, _WEAK, what="every weak group of suites")
