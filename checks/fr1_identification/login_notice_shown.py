"""Does the approved notice appear before somebody logs in?"""

from __future__ import annotations

from checks.check import LOW, ON_INTERFACE, PROGRAMME, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.greetings import FtpGreeting, TelnetGreeting
from checks.facts.http import HttpPages, LoginMark
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

_WITH_A_LOGIN = frozenset({LoginMark.CHALLENGE, LoginMark.FORM})
_PROMPTS = ("login", "user", "password", "name:")


@check(
    title="The approved notice appears before login",
    about=SERVICE,
    requirements={"SR 1.12": ON_INTERFACE},
    program=("USER 1.13",),
    severity=LOW,
    audience=PROGRAMME,
    remedy="Configure the approved text as login banner.",
    by_hand="Open the login of {address}:{port}: the approved notice must show before the password.",
)
def judge(
    web: HttpPages | None,
    ftp: FtpGreeting | None,
    telnet: TelnetGreeting | None,
    expected: Expected,
) -> Verdict:
    """
    Passes when every approved phrase shows before the login; fails when one is missing; does not
    apply where the site has no approved notice, nor where no page asks for a login.

    The notice is what makes later use of the log possible in front of a court.
    """
    # A phrase without a letter or a digit is blank, and a blank one is in every text.
    phrases = tuple(p for p in expected.limits.login_notice if any(c.isalnum() for c in p))
    if not phrases:
        return not_applicable("The site's configuration names no login notice.")
    if web is not None:
        logins = [p for p in web.pages if p.login in _WITH_A_LOGIN]
        if not logins and web.pages and all(p.login is LoginMark.NONE for p in web.pages):
            return not_applicable("None of the declared paths asks for a login.")
        texts = [p.notice for p in logins]
        unclear = [p for p in web.pages if p.login is LoginMark.UNCLEAR]
    else:
        texts = [greeting.text for greeting in (ftp, telnet) if greeting is not None]
        unclear = []
    if not texts:
        return inconclusive(Reason.NOT_ASKED, "Nobody has seen what shows before the login.")
    missing = [p for p in phrases for text in texts if _plain(p) not in _plain(text)]
    if missing and telnet is not None and telnet.negotiates and not _asks(telnet):
        return inconclusive(
            Reason.NOT_COMPARABLE,
            "The server shows its login only to a client that negotiates, which we do not.",
        )
    if missing:
        return failed(Reason.MISSING, f"The approved phrase {missing[0]!r} does not show.")
    if unclear:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"Nobody can say whether {unclear[0].path} asks for a login, and shows the notice.",
            where=tuple(p.path for p in unclear),
        )
    return passed("The approved notice shows before the login.")


def _asks(telnet: TelnetGreeting) -> bool:
    """Whether its login was seen: what may still come then comes after it."""
    return any(word in telnet.text.casefold() for word in _PROMPTS)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
