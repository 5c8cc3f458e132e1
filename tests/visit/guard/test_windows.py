from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.site.zones import Zone
from appliance.visit.guard.windows import announced, next_opening, open_at

AMSTERDAM, NEW_YORK, LORD_HOWE = "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe"


def zone(*, blackout=(), window=()):
    return Zone.model_validate({"id": "control", "blackout": blackout, "window": window})


def at(text):
    """A moment with its offset, so that no night is ambiguous."""
    return datetime.fromisoformat(text).astimezone(UTC)


# 2026: Amsterdam 29 March and 25 October, New York 8 March and 1 November, Lord Howe (half an
# hour) 4 October and 5 April.
BLACKOUTS = [
    # an ordinary day
    (AMSTERDAM, "Mon 06:00-08:00", "2026-03-02T06:00+01:00", True),
    (AMSTERDAM, "Mon 06:00-08:00", "2026-03-02T05:59:59+01:00", False),
    (AMSTERDAM, "Mon 06:00-08:00", "2026-03-02T08:00+01:00", False),
    (AMSTERDAM, "Mon 06:00-08:00", "2026-07-06T06:00+02:00", True),
    (AMSTERDAM, "Mon 06:00-08:00", "2026-07-06T08:00+02:00", False),
    # the repeated hour: both passes, and what lies between them
    (AMSTERDAM, "Sun 02:00-03:00", "2026-10-25T01:59+02:00", False),
    (AMSTERDAM, "Sun 02:00-03:00", "2026-10-25T02:30+02:00", True),
    (AMSTERDAM, "Sun 02:00-03:00", "2026-10-25T02:30+01:00", True),
    (AMSTERDAM, "Sun 02:00-03:00", "2026-10-25T03:00+01:00", False),
    (AMSTERDAM, "Sun 02:20-02:40", "2026-10-25T02:25+02:00", True),
    (AMSTERDAM, "Sun 02:20-02:40", "2026-10-25T02:50+02:00", True),
    (AMSTERDAM, "Sun 02:20-02:40", "2026-10-25T02:39+01:00", True),
    (AMSTERDAM, "Sun 02:20-02:40", "2026-10-25T02:40+01:00", False),
    (AMSTERDAM, "Sat 22:00-02:30", "2026-10-25T02:45+02:00", True),
    (AMSTERDAM, "Sat 22:00-02:30", "2026-10-25T02:29+01:00", True),
    (AMSTERDAM, "Sat 22:00-02:30", "2026-10-25T02:30+01:00", False),
    (NEW_YORK, "Sun 01:15-01:45", "2026-11-01T01:15-04:00", True),
    (NEW_YORK, "Sun 01:15-01:45", "2026-11-01T01:44-05:00", True),
    (NEW_YORK, "Sun 01:15-01:45", "2026-11-01T01:45-05:00", False),
    (LORD_HOWE, "Sun 01:30-02:00", "2026-04-05T01:30+11:00", True),
    (LORD_HOWE, "Sun 01:30-02:00", "2026-04-05T01:59+10:30", True),
    (LORD_HOWE, "Sun 01:30-02:00", "2026-04-05T02:00+10:30", False),
    # the missing hour: words inside it still black out the time around it
    (AMSTERDAM, "Sun 02:15-02:45", "2026-03-29T01:59+01:00", True),
    (AMSTERDAM, "Sun 02:15-02:45", "2026-03-29T03:00+02:00", True),
    (AMSTERDAM, "Sun 02:15-02:45", "2026-03-29T01:14+01:00", False),
    (AMSTERDAM, "Sun 02:15-02:45", "2026-03-29T03:45+02:00", False),
    (AMSTERDAM, "Sun 01:00-02:30", "2026-03-29T03:29+02:00", True),
    (AMSTERDAM, "Sun 01:00-02:30", "2026-03-29T03:30+02:00", False),
    (NEW_YORK, "Sun 02:00-03:00", "2026-03-08T03:00-04:00", False),
    (NEW_YORK, "Sun 02:00-03:00", "2026-03-08T01:59-05:00", True),
    (LORD_HOWE, "Sun 02:00-02:30", "2026-10-04T01:59+10:30", True),
    (LORD_HOWE, "Sun 02:00-02:30", "2026-10-04T02:30+11:00", False),
]


@pytest.mark.parametrize(("tz", "text", "moment", "dark"), BLACKOUTS)
def test_a_blackout_covers_all_its_words_may_mean(tz, text, moment, dark):
    assert open_at(zone(blackout=[text]), at(moment), ZoneInfo(tz)).open is not dark


WINDOWS = [
    (AMSTERDAM, "Mon 06:00-08:00", "2026-03-02T06:00+01:00", True),
    (AMSTERDAM, "Mon 06:00-08:00", "2026-03-02T08:00+01:00", False),
    (AMSTERDAM, "Mon 06:00-08:00", "2026-03-03T07:00+01:00", False),
    # the repeated hour: only when we are inside whatever was meant
    (AMSTERDAM, "Sun 02:20-02:40", "2026-10-25T02:30+02:00", False),
    (AMSTERDAM, "Sun 02:20-02:40", "2026-10-25T02:30+01:00", False),
    (AMSTERDAM, "Sat 22:00-02:30", "2026-10-25T02:29+02:00", True),
    (AMSTERDAM, "Sat 22:00-02:30", "2026-10-25T02:15+01:00", False),
    (AMSTERDAM, "Sun 02:00-05:00", "2026-10-25T02:30+02:00", False),
    (AMSTERDAM, "Sun 02:00-05:00", "2026-10-25T02:00+01:00", True),
    (NEW_YORK, "Sun 00:00-01:30", "2026-11-01T01:29-04:00", True),
    (NEW_YORK, "Sun 00:00-01:30", "2026-11-01T01:15-05:00", False),
    (LORD_HOWE, "Sun 01:30-03:00", "2026-04-05T01:45+11:00", False),
    (LORD_HOWE, "Sun 01:30-03:00", "2026-04-05T01:30+10:30", True),
    # the missing hour
    (AMSTERDAM, "Sun 02:15-02:45", "2026-03-29T03:15+02:00", False),
    (AMSTERDAM, "Sun 02:15-02:45", "2026-03-29T01:30+01:00", False),
    (AMSTERDAM, "Sun 02:30-05:00", "2026-03-29T03:00+02:00", False),
    (AMSTERDAM, "Sun 02:30-05:00", "2026-03-29T03:30+02:00", True),
    (AMSTERDAM, "Sun 00:00-02:30", "2026-03-29T01:29+01:00", True),
    (AMSTERDAM, "Sun 00:00-02:30", "2026-03-29T03:15+02:00", False),
    (NEW_YORK, "Sun 01:00-04:00", "2026-03-08T03:00-04:00", True),
    (LORD_HOWE, "Sun 02:15-03:00", "2026-10-04T02:30+11:00", False),
    (LORD_HOWE, "Sun 02:15-03:00", "2026-10-04T02:45+11:00", True),
]


@pytest.mark.parametrize(("tz", "text", "moment", "opened"), WINDOWS)
def test_a_window_counts_only_when_certainly_inside(tz, text, moment, opened):
    assert open_at(zone(window=[text]), at(moment), ZoneInfo(tz)).open is opened


@given(
    st.sampled_from([AMSTERDAM, NEW_YORK, LORD_HOWE, "UTC", "Asia/Kathmandu", "America/Havana"]),
    st.sampled_from(["mon", "Sun", "daily", "Sat-Sun", "Fri-Mon"]),
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.integers(0, 366 * 86_400).map(lambda s: at("2026-01-01T00:00Z") + timedelta(seconds=s)),
)
def test_the_same_words_never_open_what_they_also_black_out(tz, days, start, end, moment):
    if start == end:
        return
    words = f"{days} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    where = ZoneInfo(tz)
    window, blackout = zone(window=[words]), zone(blackout=[words])

    assert not (open_at(window, moment, where).open and open_at(blackout, moment, where).open)

    for one in (window, blackout):
        said = open_at(one, moment, where)
        opens = next_opening(one, moment, where)
        assert opens is not None
        assert (opens == moment) is said.open
        assert open_at(one, opens, where).open
        if said.until is not None:
            assert said.until > moment
            assert open_at(one, said.until, where).open is not said.open
            just_before = said.until - timedelta(microseconds=1)
            assert open_at(one, just_before, where).open is said.open


def test_without_windows_and_blackouts_a_zone_is_always_open():
    said = open_at(zone(), at("2026-03-02T06:00+01:00"), ZoneInfo(AMSTERDAM))

    assert said.open
    assert said.until is None


def test_windows_that_touch_are_one():
    touching = zone(window=["Mon 20:00-00:00", "Tue 00:00-06:00"])
    said = open_at(touching, at("2026-03-02T23:00+01:00"), ZoneInfo(AMSTERDAM))

    assert said.until == at("2026-03-03T06:00+01:00")


def test_a_blackout_wins_over_a_window_and_says_until_when():
    both = zone(blackout=["Mon 06:00-08:00", "Mon 07:30-09:00"], window=["daily 05:00-12:00"])
    said = open_at(both, at("2026-03-02T06:30+01:00"), ZoneInfo(AMSTERDAM))

    assert not said.open
    assert said.why == (
        "zone control is in its blackout Mon 06:00-08:00 until Mon 09:00 (Europe/Amsterdam)"
    )
    assert next_opening(both, at("2026-03-02T06:30+01:00"), ZoneInfo(AMSTERDAM)) == at(
        "2026-03-02T09:00+01:00"
    )


def test_a_closed_window_says_when_the_next_begins():
    closed = zone(window=["Mon-Fri 20:00-05:00"])
    said = open_at(closed, at("2026-03-07T12:00+01:00"), ZoneInfo(AMSTERDAM))

    assert said.why.endswith("the next begins Mon 20:00 (Europe/Amsterdam)")
    assert said.until == at("2026-03-09T20:00+01:00")


def test_a_window_that_blackouts_eat_never_opens():
    never = zone(window=["Mon 06:00-08:00"], blackout=["Mon 05:00-09:00"])

    assert next_opening(never, at("2026-03-07T12:00+01:00"), ZoneInfo(AMSTERDAM)) is None
    said = open_at(never, at("2026-03-07T12:00+01:00"), ZoneInfo(AMSTERDAM))
    assert "none begins in the next two weeks" in said.why


def test_an_announced_blackout_has_its_reason_and_no_end():
    said = open_at(zone(), at("2026-03-02T06:00+01:00"), ZoneInfo(AMSTERDAM), "batch 7 critical")

    assert not said.open
    assert "batch 7 critical" in said.why
    assert said.until is None


@pytest.mark.parametrize(
    ("make", "dark"),
    [
        (lambda p: None, False),
        (lambda p: p.touch(), False),
        (lambda p: p.write_text(" \n"), False),
        (lambda p: p.write_text("start-up\nline 2"), True),
        (lambda p: p.write_bytes(b"\x00\x01"), True),
        (lambda p: p.mkdir(), True),
        (lambda p: p.symlink_to(p), True),
    ],
    ids=["missing", "empty", "blank", "text", "binary", "directory", "loop"],
)
def test_a_blackout_file_that_says_or_hides_something_is_a_blackout(tmp_path, make, dark):
    make(tmp_path / "blackout")

    assert bool(announced(tmp_path / "blackout")) is dark


def test_a_blackout_file_whose_directory_is_gone_is_a_blackout(tmp_path):
    assert "nobody knows" in announced(tmp_path / "share" / "blackout")
    assert announced(None) == ""


def test_the_reason_is_the_first_line(tmp_path):
    (tmp_path / "b").write_text("start-up of line 2\nsecond\n")

    assert announced(tmp_path / "b") == "start-up of line 2"
