"""Would the device come back as it runs?"""

from __future__ import annotations

from checks import vendor_settings
from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.switches import SnmpChanges, SnmpSettings
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

_HOUR = 360_000
_GRACE = 24 * _HOUR
# Loading the stored configuration counts as a change on some devices.
_STARTING = _HOUR // 6
# A 32-bit counter of centiseconds: 497 days.
_BEGINS_AGAIN = 2**32


@check(
    title="Running configuration is saved",
    about=SERVICE,
    requirements={"SR 7.4": PART, "SR 7.6": PART},
    program=("CM 1.3", "AVAIL 2.1"),
    severity=MEDIUM,
    audience=ENGINEERING,
    remedy="Save the running configuration or go back to the stored one; then back it up.",
    by_hand="Compare the running with the stored configuration on the device's own page.",
)
def judge(changes: SnmpChanges, settings: SnmpSettings | None) -> Verdict:
    """
    Passes when the device says that what runs is stored; fails when its hashes differ, its switch
    says so, or a change is unsaved for 24 h; does not apply to devices that tell none of these.

    Times in its uptime cannot be compared once that has begun again, which it does after 497 days.
    What is not stored is gone after the next power cut, together with its hardening.
    """
    if changes.fingerprint and changes.saved_fingerprint:
        if changes.fingerprint != changes.saved_fingerprint:
            return failed(
                Reason.DIFFERS, "The hash of the running configuration is not the stored one's."
            )
        return passed("The hashes of the running and of the stored configuration are equal.")
    switch = vendor_settings.judged(vendor_settings.of(settings, "config-saved"))
    if switch is not None:
        return switch
    return _times(changes)


def _times(changes: SnmpChanges) -> Verdict:
    changed, saved = changes.changed_centiseconds, changes.saved_centiseconds
    uptime = changes.uptime_centiseconds
    if changed is None or saved is None or uptime is None:
        return not_applicable("The device does not tell when its configuration was saved.")
    if changes.engine_seconds is None or changes.engine_seconds * 100 >= _BEGINS_AGAIN:
        return inconclusive(
            Reason.NOT_COMPARABLE,
            "The uptime its times are told in may have begun again since, as after 497 days.",
        )
    if max(changed, saved) > uptime:
        return inconclusive(Reason.NOT_COMPARABLE, "Its times lie after its uptime.")
    if saved >= changed:
        return passed("The configuration was saved after its last change.")
    hours = (uptime - changed) // _HOUR
    if changed <= _STARTING:
        return inconclusive(
            Reason.NOT_COMPARABLE, "Its last change may be the loading of the stored configuration."
        )
    if uptime - changed > _GRACE:
        return failed(Reason.NOT_CONFIGURED, f"A change of {hours} h ago is not saved.")
    return inconclusive(
        Reason.NOT_COMPARABLE, f"A change of {hours} h ago is not saved yet; 24 h are allowed."
    )
