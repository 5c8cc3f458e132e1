"""resource-headroom, in its four kinds of case."""

from __future__ import annotations

import pytest

from checks import BY_ID
from checks.facts.equipment import Load, SnmpResources, Storage
from checks.facts.verdict import Reason
from tests.checks.given import asset, observed, told, verdict

CHECK = BY_ID["resource-headroom"]
SWITCH = asset(id="sw-1", role="switch")
IDLE = Load("processor 1", 12, 60)
DISK = Storage("/var", "disk", 1000, 400)
RAM = Storage("Physical memory", "ram", 1000, 990)
IMAGE = Storage("/rom", "disk", 1000, 1000, writable=False)


def resources(*found, truncated=False):
    loads = tuple(one for one in found if isinstance(one, Load))
    storages = tuple(one for one in found if isinstance(one, Storage))
    return observed(SnmpResources(truncated, loads, storages))


def judged(given, **changes):
    return verdict(CHECK, given, asset=asset(role="switch", **changes))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((IDLE, DISK), "1 loads are at most 12 percent, 1 storages at most 40 percent full."),
        ((IDLE, DISK, RAM, IMAGE), "1 loads are at most 12 percent, 1 storages at most 40"),
        ((IDLE,), "1 loads are at most 12 percent, no storage is shown."),
        ((DISK,), "No load is shown, 1 storages at most 40 percent full."),
        ((Load("processor 1", 90, 300), DISK), "1 loads are at most 90 percent"),
    ],
)
def test_holds_below_the_limits_and_says_what_was_shown(found, said):
    answer = judged(resources(*found))

    assert told(answer) == ("pass", "as-expected")
    assert answer.said.startswith(said)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Storage("/var", "flash", 100, 91), "/var is 91 percent full"),
        (Storage("/var", "disk", 100, 100), "/var is 100 percent full"),
        (Load("processor 1", 91, 300), "processor 1 is at 91 percent over 5 min"),
        (Load("all processors", 230, 900), "all processors is at 230 percent over 15 min"),
    ],
)
def test_broken_above_a_limit_even_in_a_table_that_is_cut(found, said):
    answer = judged(resources(IDLE, DISK, found, truncated=True))

    assert told(answer) == ("fail", "differs")
    assert answer.said == f"{said}; the limits are 90 and 90 percent."


def test_broken_by_the_limits_of_the_asset_itself():
    given = resources(Load("processor 1", 50, 300), DISK)

    assert told(judged(given, max_load_percent=49))[0] == "fail"
    assert told(judged(given, max_storage_percent=39))[0] == "fail"
    assert told(judged(given, max_load_percent=50, max_storage_percent=40))[0] == "pass"


@pytest.mark.parametrize("found", [(), (RAM,), (IMAGE,)])
def test_not_applicable_to_a_device_that_shows_none(found):
    assert told(judged(resources(*found)))[0] == "not-applicable"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (resources(Load("processor 1", 99, 60), DISK), "not-comparable"),
        (resources(IDLE, DISK, truncated=True), "not-comparable"),
        (resources(truncated=True), "not-comparable"),
        (resources(Storage("/var", "disk", 100, 101)), "unintelligible"),
        (observed(Reason.DENIED, facts_type="SnmpResources"), "denied"),
    ],
)
def test_could_not_see_whether_it_lasts(given, reason):
    assert told(judged(given)) == ("inconclusive", reason)
