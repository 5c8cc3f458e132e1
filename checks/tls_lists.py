"""Readings of TLS trials that several checks share."""

from __future__ import annotations

from checks.facts.tls import TlsAnswer, TlsTrial, TlsVersion
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed


def judge_trials(
    trials: tuple[TlsTrial, ...],
    control: TlsVersion | None,
    must_not: frozenset[str],
    *,
    what: str,
) -> Verdict:
    """
    Whether everything of `must_not` was refused; `what` names such things in a sentence.

    One that was not tried, silence, and a connection that ended without an alert that refuses leave
    it open.  Without a whole handshake beside them refusals mean nothing.
    """
    tried = {t.offered: t for t in trials}
    accepted = [t.offered for t in trials if _is(t, must_not, TlsAnswer.ACCEPTED)]
    if accepted:
        return failed(
            Reason.WEAK_CRYPTOGRAPHY,
            f"The server still accepts {' and '.join(accepted)}.",
            where=tuple(accepted),
        )
    if control is None:
        return inconclusive(
            Reason.NO_CONTROL, "No handshake succeeded beside these, so refusals mean nothing."
        )
    missing = sorted(must_not - tried.keys())
    if missing:
        return inconclusive(Reason.NOT_ASKED, f"{missing[0]} was not tried.", where=tuple(missing))
    for answer, reason, how in (
        (TlsAnswer.SILENT, Reason.TIMEOUT, "nobody answered"),
        (TlsAnswer.CUT, Reason.HUNG_UP, "the connection ended without an alert that refuses"),
    ):
        open_ones = [t.offered for t in trials if _is(t, must_not, answer)]
        if open_ones:
            return inconclusive(reason, f"Offered {open_ones[0]}, {how}.", where=tuple(open_ones))
    return passed(f"The server refuses {what}, and speaks {control.value}.")


def _is(trial: TlsTrial, must_not: frozenset[str], answer: TlsAnswer) -> bool:
    return trial.offered in must_not and trial.answer is answer
