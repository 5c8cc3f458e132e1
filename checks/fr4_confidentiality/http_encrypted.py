"""Is web administration offered over HTTPS only?"""

from __future__ import annotations

import re

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.http import HttpPage, HttpPages
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

# RFC 3986, 3.2: what stands before an @ is a user, and the host comes after it.
_ON_HTTPS = re.compile(
    r"https://(\[(?P<v6>[^]/?#@]+)\]|(?P<host>[^][/?#@:]+))(:\d+)?([/?#].*)?", re.DOTALL
)


@check(
    title="Web administration is offered over HTTPS only",
    about=SERVICE,
    requirements={"SR 4.1": PART, "SR 1.5": PART, "SR 3.1 RE 1": PART},
    program=("DATA 1.2",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0842",),
    remedy="Switch plain HTTP off, or let it redirect to HTTPS on the same host and nothing else.",
    by_hand="Run curl -sI http://{address}:{port}/: the port must be closed, or answer with a "
    "redirect to https on the same host.",
)
def judge(web: HttpPages, expected: Expected) -> Verdict:
    """
    Passes when every page asked for over plain HTTP is a redirect to https on the same host;
    fails when one is served; does not apply to services that are https already.

    A password typed into a page that came in the clear belongs to whoever listens.
    """
    if expected.service is not None and expected.service.protocol == "https":
        return not_applicable("This service speaks HTTPS.")
    if not web.pages:
        return inconclusive(Reason.NOT_ASKED, "No path of this service is declared.")
    hosts = expected.asset.addresses if expected.asset else ()
    served = [p for p in web.pages if 200 <= p.status < 300 or p.status == 401]
    if served:
        return failed(
            Reason.UNPROTECTED,
            f"{served[0].path} is served over plain HTTP with status {served[0].status}.",
            where=tuple(p.path for p in served),
        )
    away = [p for p in web.pages if p.location and not _redirects(p, hosts)]
    if away:
        return failed(
            Reason.UNPROTECTED,
            f"{away[0].path} redirects to {away[0].location}, not to https on the same host.",
            where=tuple(p.path for p in away),
        )
    if not all(_redirects(p, hosts) for p in web.pages):
        odd = next(p for p in web.pages if not _redirects(p, hosts))
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"{odd.path} answers with status {odd.status}: neither content nor a redirect.",
            where=(odd.path,),
        )
    return passed(f"All {len(web.pages)} paths redirect to https on the same host.")


def _redirects(page: HttpPage, hosts: tuple[str, ...]) -> bool:
    """A redirect to a name is one to somewhere else: nobody here can say whose name it is."""
    found = _ON_HTTPS.fullmatch(page.location) if 300 <= page.status < 400 else None
    return found is not None and (found["v6"] or found["host"]) in hosts
