"""Do web pages with process or settings data need a login?"""

from __future__ import annotations

from checks.check import ENGINEERING, HIGH, PART, SERVICE, check
from checks.facts.http import HttpPages, LoginMark
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed

_ASKS = frozenset({LoginMark.CHALLENGE, LoginMark.FORBIDDEN, LoginMark.FORM, LoginMark.REDIRECT})


@check(
    title="Web pages with process or settings data need a login",
    about=SERVICE,
    requirements={"SR 1.1": PART, "SR 2.1": PART},
    program=("USER 1.8", "USER 2.1"),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0886", "T0888"),
    remedy="Turn on authentication for the whole web interface.",
    by_hand="Open each declared path in a private browser window: a login must come first.",
)
def judge(web: HttpPages) -> Verdict:
    """
    Passes when every declared path answers 401, 403, a login form or a redirect to one; fails
    when one shows its content to anybody; does not apply to assets that are never probed.

    Only declared paths are asked for: which page is worth a login is the owner's to say.
    """
    if not web.pages:
        return inconclusive(Reason.NOT_ASKED, "No path of this service is declared.")
    open_pages = [p for p in web.pages if p.login is LoginMark.NONE and 200 <= p.status < 300]
    if open_pages:
        first = open_pages[0]
        title = f" ({first.title!r})" if first.title else ""
        return failed(
            Reason.ANONYMOUS_ACCEPTED,
            f"{first.path} shows its content{title} without a login.",
            where=tuple(p.path for p in open_pages),
        )
    unclear = [p for p in web.pages if p.login not in _ASKS]
    if unclear:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"{unclear[0].path} answers with status {unclear[0].status}; nobody can say whether "
            "it asks for a login.",
            where=tuple(p.path for p in unclear),
        )
    return passed(f"All {len(web.pages)} declared paths ask for a login first.")
