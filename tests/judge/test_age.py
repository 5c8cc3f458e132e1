"""An answer that nobody has renewed keeps no verdict young."""

from datetime import timedelta

import pytest

from appliance.judge.judging import Judge
from appliance.judge.memory import Memory
from appliance.site.model import Site
from checks import BY_ID
from checks.facts.context import Moment, Own
from tests.checks.given import NOW, SYNCHRONISED, port

INTERVAL = 3600
CHECK = BY_ID["port-unexpected-absent"]
SITE = Site.model_validate(
    {
        "site": {"id": "bench"},
        "appliance": {"id": "edge", "vantage": "control"},
        "zones": [{"id": "control"}],
        "closed_ports": ["tcp/23"],
        "assets": [
            {
                "id": "plc-1",
                "zone": "control",
                "address": "10.0.0.1",
                "services": [{"port": "tcp/102", "protocol": "s7"}],
            }
        ],
    }
)


def judged(age):
    """The verdict of a visit that asked port 102 only, while port 23 was refused so long ago."""
    memory = Memory()
    memory.remember([port(23, "refused", port="tcp-23", finished=NOW - age, conduit=None)])
    newest = port(102, "open", port="tcp-102", service="tcp-102")
    memory.remember([newest])
    (found,) = Judge(SITE, (CHECK,), lambda *_: INTERVAL).visit(
        "plc-1", (newest,), memory, {}, moment=Moment(NOW, SYNCHRONISED), own=Own(), visit="v"
    )
    return found.verdict


def test_an_answer_of_three_intervals_still_speaks():
    assert judged(timedelta(seconds=3 * INTERVAL)).outcome == "pass"


def test_an_answer_from_before_our_clock_was_set_back_a_little_still_speaks():
    assert judged(timedelta(hours=-1)).outcome == "pass"


# Behind the negative ones our own clock was set back since.
@pytest.mark.parametrize(
    "age", [timedelta(hours=4), timedelta(days=30), timedelta(hours=-4), timedelta(days=-365)]
)
def test_an_older_one_is_as_if_nobody_had_asked(age):
    verdict = judged(age)

    assert (verdict.outcome, verdict.reason) == ("inconclusive", "not-asked")
