"""Whether an asset may be asked a question, how often, and what that costs it at most."""

from __future__ import annotations

from datetime import timedelta

from appliance.site.model import Asset, Service
from appliance.visit.classes import DAY, ProbingClass, class_for
from appliance.visit.permits import NETWORK_GEAR
from appliance.visit.questions.greetings import FTP_ANONYMOUS
from appliance.visit.questions.question import Effort, Question
from appliance.visit.questions.snmp import SNMP_DEFAULTS

USUAL_CONNECT = 3.0
MONTH = 30 * DAY

_NOT_ON_FRAGILE = (
    (SNMP_DEFAULTS, "default-community", "default communities are"),
    (FTP_ANONYMOUS, "anonymous-ftp", "anonymous FTP is"),
)


def concerns(asset: Asset, question: Question) -> bool:
    """Whether the question has a meaning for such a device at all."""
    if question.expects and getattr(asset.expect, question.expects) is None:
        return False
    if question.role and asset.role != question.role:
        return False
    return not question.gear or asset.role in NETWORK_GEAR


def wanted(service: Service, question: Question) -> bool:
    """Whether the inventory declares what the question is about."""
    return not question.wants or bool(getattr(service, question.wants))


def forbidden(asset: Asset, question: Question, *, laboratory: bool) -> str | None:
    """Why the asset's class does not allow this question, or None when it may be asked."""
    numbers = class_for(asset, laboratory=laboratory)
    if question.effort is Effort.LOGIN and numbers.login is None:
        return f"devices of class {asset.probing} are not logged in to"
    for tried, permission, what in _NOT_ON_FRAGILE:
        if (
            question is tried
            and asset.probing == "fragile"
            and not laboratory
            and permission not in asset.allow
        ):
            return f"{what} tried on fragile devices only with allow: [{permission}]"
    return None


def every(asset: Asset, *, laboratory: bool) -> timedelta:
    """How often the asset is visited: its own `every`, never below its class's floor."""
    numbers = class_for(asset, laboratory=laboratory)
    return max(asset.every or numbers.every, numbers.floor)


def interval(asset: Asset, question: Question, *, laboratory: bool, rounds: int = 1) -> timedelta:
    """
    How long lies between two askings of one question.

    `rounds` is how many visits lie between them where not everything fits into one.
    """
    numbers = class_for(asset, laboratory=laboratory)
    visit = every(asset, laboratory=laboratory) * rounds
    if question.monthly and not laboratory:
        return max(visit, MONTH)
    if question.daily and not laboratory:
        return max(visit, DAY)
    return max(visit, _least(numbers, question.effort))


def slack(every: timedelta) -> timedelta:
    """
    How much too early a question may be asked again.

    A turn comes at a fixed phase; without slack a question would skip every other one.
    """
    return every / 10


def packets(question: Question, numbers: ProbingClass) -> int:
    """The most packets it may cost a device of this class, with its longer connection attempts."""
    more = max(0, syns(numbers.connect) - syns(USUAL_CONNECT))
    return question.packets + more * question.connections


def syns(seconds: float) -> int:
    """
    The most SYNs the kernel sends in one connection attempt that may last so long.

    Since Linux 6.5 they leave at 0, 1, 2, 3, 4, 5 and 7 s (tcp_syn_linear_timeouts 4), and never
    more than seven (tcp_syn_retries 6); half a second is for ourselves being late to stop it.
    """
    return sum(at <= seconds + 0.5 for at in (0, 1, 2, 3, 4, 5, 7))


def _least(numbers: ProbingClass, effort: Effort) -> timedelta:
    match effort:
        case Effort.HANDSHAKE:
            return numbers.handshake
        case Effort.LOGIN:
            return numbers.login or DAY
        case _:
            return timedelta(0)
