"""Are the web server's session cookies protected?"""

from __future__ import annotations

from checks.check import ENGINEERING, HINT, LOW, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.http import Cookie, HttpPages
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

_LEAST_BITS = 128
_SAME_SITE = ("strict", "lax")


@check(
    title="Session cookies are protected",
    about=SERVICE,
    requirements={"SR 3.8": PART, "SR 3.8 RE 2": HINT},
    program=("USER 1.16",),
    severity=LOW,
    audience=ENGINEERING,
    remedy="Ask the vendor for cookies with Secure, HttpOnly and SameSite, or put a proxy before it.",
    by_hand="Run curl -skI https://{address}:{port}/ and read the Set-Cookie lines.",
)
def judge(web: HttpPages, expected: Expected) -> Verdict:
    """
    Passes when every cookie has HttpOnly and SameSite, Secure over https, and room for 128 bits;
    fails when a flag is missing or a cookie is too short; does not apply where no cookie is set.

    A cookie is the session: who reads or guesses it needs no password.
    """
    cookies = [c for page in web.pages for c in page.cookies]
    if not web.pages:
        return inconclusive(Reason.NOT_ASKED, "No path of this service is declared.")
    if not cookies:
        return not_applicable("No cookie is set before the login.")
    secure = expected.service is not None and expected.service.protocol == "https"
    faults = {c.name: why for c in cookies if (why := _fault(c, secure=secure))}
    if faults:
        name, why = next(iter(faults.items()))
        return failed(Reason.UNPROTECTED, f"Cookie {name!r} {why}.", where=tuple(sorted(faults)))
    return passed(f"All {len({c.name for c in cookies})} cookies are protected.")


def _fault(cookie: Cookie, *, secure: bool) -> str | None:
    if not cookie.http_only:
        return "can be read by scripts (no HttpOnly)"
    if secure and not cookie.secure:
        return "also travels in the clear (no Secure)"
    if cookie.same_site.casefold() not in _SAME_SITE:
        return "goes along with requests of other sites (no SameSite)"
    if cookie.bits < _LEAST_BITS:
        return f"holds at most {cookie.bits} bits"
    return None
