"""Does the site's MQTT broker refuse clients without credentials?"""

from __future__ import annotations

from checks.check import HIGH, PART, SERVICE, SOC, check
from checks.facts.greetings import MqttAnonymous
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed


@check(
    title="The MQTT broker refuses anonymous clients",
    about=SERVICE,
    requirements={"SR 1.1": PART, "SR 1.2": PART, "SR 2.1 RE 1": PART},
    program=("USER 1.6",),
    severity=HIGH,
    audience=SOC,
    enables=("T0801", "T1692.002"),
    remedy="Turn on authentication and an access list on the broker.",
    by_hand="Run mosquitto_sub -h {address} -p {port} -t test -W 5 without a user: the broker must "
    "answer 'not authorised'.",
)
def judge(attempt: MqttAnonymous) -> Verdict:
    """
    Passes when the broker refuses a client for having no credentials; fails when it lets one in;
    does not apply to assets that are never probed.

    Whoever may publish where commands travel writes to the process.
    """
    if attempt.accepted:
        return failed(
            Reason.ANONYMOUS_ACCEPTED,
            f"A client without credentials was let in (MQTT {attempt.version}).",
        )
    if attempt.accepted is None:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            f"The broker refused with code {attempt.code}, which is not about who we are.",
        )
    return passed(f"A client without credentials was refused with code {attempt.code}.")
