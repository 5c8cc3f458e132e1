"""config-saved, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.verdict import Reason
from tests.checks.gear import changes, setting, settings
from tests.checks.given import observed, told, verdict

CHECK = BY_ID["config-saved"]
HOUR = 360_000


# snmpEngineTime of a device whose uptime began again once.
WRAPPED = 2**32 // 100 + 1


def times(changed, saved, uptime=100 * HOUR, running=100 * 3_600):
    return changes(
        changed_centiseconds=changed,
        saved_centiseconds=saved,
        uptime_centiseconds=uptime,
        engine_seconds=running,
    )


def flag(value):
    return settings(setting(value, ("saved",), "config-saved", "configuration saved"))


@pytest.mark.parametrize(
    "seen",
    [
        (changes(fingerprint="ab", saved_fingerprint="ab"),),
        (times(10 * HOUR, 11 * HOUR),),
        (times(0, 0),),
        (changes(), flag("saved")),
    ],
)
def test_holds_when_what_runs_is_stored(seen):
    assert told(verdict(CHECK, *seen))[0] == "pass"


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (
            (changes(fingerprint="ab", saved_fingerprint="cd"), flag("saved")),
            "The hash of the running configuration is not the stored one's.",
        ),
        ((times(70 * HOUR, 1 * HOUR),), "A change of 30 h ago is not saved."),
        ((times(9, 9), flag("not saved")), "configuration saved is not saved, not saved."),
    ],
)
def test_broken_by_what_is_not_stored(seen, said):
    answer = verdict(CHECK, *seen)

    assert told(answer)[0] == "fail"
    assert answer.said == said


@pytest.mark.parametrize(
    "seen", [changes(), times(None, 5), times(5, None), changes(fingerprint="a")]
)
def test_not_applicable_to_a_device_that_does_not_tell(seen):
    assert told(verdict(CHECK, seen))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (times(90 * HOUR, 1 * HOUR), "not-comparable"),
        (times(HOUR // 10, 0), "not-comparable"),
        (times(200 * HOUR, 201 * HOUR), "not-comparable"),
        # Saved before the uptime began again, changed since: it looks saved.
        (times(10 * HOUR, 11 * HOUR, running=WRAPPED), "not-comparable"),
        (times(10 * HOUR, 11 * HOUR, running=None), "not-comparable"),
        (observed(Reason.TIMEOUT, facts_type="SnmpChanges"), "timeout"),
    ],
)
def test_could_not_see_whether_it_is(seen, reason):
    assert told(verdict(CHECK, seen)) == ("inconclusive", reason)
