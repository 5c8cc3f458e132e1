"""Do error pages and greetings keep the device's inside to themselves?"""

from __future__ import annotations

from checks.check import ENGINEERING, LOW, PART, SERVICE, check
from checks.facts.http import HttpPages
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed


@check(
    title="Web pages reveal no stack traces and no internal paths",
    about=SERVICE,
    requirements={"SR 3.7": PART},
    program=("CM 1.3",),
    severity=LOW,
    audience=ENGINEERING,
    enables=("T0888",),
    remedy="Switch off debug output, and replace the server's own error pages.",
    by_hand="Run curl -sk https://{address}:{port}/ for each declared path: neither a stack trace "
    "nor a path of the device's file system may show.",
)
def judge(web: HttpPages) -> Verdict:
    """
    Passes when no page read shows a trace or a path; fails when one does; does not apply to
    assets that are never probed.

    What breaks tells an attacker how it is built.
    """
    if not web.pages:
        return inconclusive(Reason.NOT_ASKED, "No path of this service is declared.")
    talkative = [p for p in web.pages if p.traces]
    if talkative:
        return failed(
            Reason.UNPROTECTED,
            f"{talkative[0].path} reveals {talkative[0].traces[0]}.",
            where=tuple(p.path for p in talkative),
        )
    cut = [p for p in web.pages if p.truncated]
    if cut:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"{cut[0].path} is longer than we read, so its end was not seen.",
            where=tuple(p.path for p in cut),
        )
    return passed(f"None of the {len(web.pages)} pages read reveals a trace or a path.")
