"""Does the FTP server let anybody in?"""

from __future__ import annotations

from checks.check import HIGH, PART, SERVICE, SOC, check
from checks.facts.greetings import FtpAnonymous
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed


@check(
    title="FTP refuses anonymous login",
    about=SERVICE,
    requirements={"SR 1.1": PART, "SR 2.1": PART},
    program=("USER 1.8",),
    severity=HIGH,
    audience=SOC,
    enables=("T0867", "T0886"),
    remedy="Switch anonymous login off, or replace FTP by SFTP.",
    by_hand="Run ftp {address} {port} and log in as anonymous: the answer must be 530.",
)
def judge(login: FtpAnonymous) -> Verdict:
    """
    Passes when the anonymous user is answered with 530; fails when he gets in (230); does not
    apply to assets that are never probed.

    Programs and recipes lie on these shares.
    """
    replies = ", ".join(map(str, login.replies)) or "nothing"
    if login.accepted:
        return failed(
            Reason.ANONYMOUS_ACCEPTED, f"The anonymous user was let in (replies {replies})."
        )
    if login.accepted is None:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"The replies {replies} neither let the anonymous user in nor refuse him.",
        )
    return passed(f"The anonymous user was refused (replies {replies}).")
