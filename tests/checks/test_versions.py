from __future__ import annotations

import pytest

from checks.versions import compare, same, version, within

BEFORE = [
    ("V1.9.2", "V1.10.0"),
    ("1.02.5", "1.02.34"),
    ("v5.14.263.0", "v5.15"),
    ("V16.1", "V16.1 Upd 4"),
    ("V16.1 Upd 9", "V16.1 Upd10"),
    ("V14 SP1 Upd 10", "V14 SP2"),
    ("V14 SP1 Upd 10", "V15"),
    ("V4.8 SP2 HF9", "V4.8 SP2 HF10"),
    ("V4.8", "V4.8 Hotfix 1"),
    ("2.11 R3 2259", "2.11 R3 2260"),
    ("2.11 R3 2259", "2.12 R1 17"),
    ("2018 R3", "2018 R4"),
    ("V5.7 build 21071517", "V6.4 build 19010101"),
    ("V6.4 build 1", "V6.4  Build 2"),
    ("v6.4.8,build1914", "v6.4.8,build1966"),
    ("V3.15.70_4", "V3.15.70_10"),
    ("6.1.1-1", "6.1.1-2"),
    ("1.000A", "1.000B"),
    ("1.000Z", "1.001A"),
    ("15.2(7)E2", "15.2(7)E10"),
    ("15.2(4)E2", "15.2(7)M2"),
    ("1.0pre", "1.0"),
    ("1.0 beta 2", "1.0 rc 1"),
    ("HiOS-2S-09.0.02", "HiOS-2S-09.4.02"),
    ("L3E-09.1.03", "09.1.04"),
    ("firmware_05", "06"),
    ("2106229-015", "2106229-043"),
]
THE_SAME = [
    ("V02.09.04", "2.9.4"),
    ("2.9.4.", "V 2 9 4"),
    ("V 17 12  4", "17.12.4"),
    ("2.9", "2.9.0.0"),
    ("V04.02.00.00_06.01.56", "V04.02.00"),
    ("3.1 Build 4022.4", "3.1.4022.4"),
    ("V6.4  build 25021113", "v6.4 BUILD 25021113"),
    ("HiOS-2S-09.4.02", "hios-2s-9.4.2"),
    ("L3E-09.1.03", "9.1.3"),
    ("Firmware Version 5.1", "5.1"),
    ("Net Vision 8 v8.00", "net vision 8  V8.00"),
    ("V15.1 Upd4", "V15.1 Update 4"),
]
APART = [
    ("HiOS-2S-09.4.02", "HiOS-3A-09.4.02"),
    ("2105457-043", "2106229-043"),
    ("V0.0.0", "V0.0.0"),
    ("V0.0.0", "1.0"),
    ("", ""),
    ("n/a", "1.0"),
    ("1.0", "1.0 special edition"),
    # A build one of them states is not known of the other.
    ("V6.4", "V6.4 build 25021113"),
    ("V6.4.1", "V6.4 build 25021113"),
    ("V3.15.70", "V3.15.70_4"),
    # A test version is not the release, whatever its numbers.
    ("T03.00.00", "V03.00.00"),
    ("B8.35", "8.35"),
    # Another train, another date, another boot loader.
    ("15.2(7)E2", "15.2(7)M2"),
    ("6.3.6 (2022-06-16)", "6.3.6 (2023-06-16)"),
    ("V04.02.00_06.01.56", "V04.02.00_06.01.57"),
    ("2.3.5+f19bd1b", "2.3.5+f19bd1c"),
    # Twelve or twelve thousandths.
    ("37.012", "37.12"),
    ("Linux 3.18.44", "3.18.44"),
    ("bootloader: v4.11", "v4.11"),
    ("1.2 3", "1.2"),
    ("9" * 40, "1"),
]


@pytest.mark.parametrize(("left", "right"), BEFORE)
def test_one_version_comes_before_another(left, right):
    assert compare(left, right).value == "earlier"
    assert compare(right, left).value == "later"
    assert not same(left, right)


@pytest.mark.parametrize(("left", "right"), THE_SAME)
def test_one_version_is_written_in_two_ways(left, right):
    assert compare(left, right).value == compare(right, left).value == "equal"


@pytest.mark.parametrize(("left", "right"), APART)
def test_some_texts_cannot_be_compared(left, right):
    assert compare(left, right).value == compare(right, left).value == "incomparable"


@pytest.mark.parametrize(
    "text", ["", "V0.0.0", "V00.00.00", "unknown", "Linux 5.4.1", "5.1.1 721c"]
)
def test_some_texts_are_no_version(text):
    assert version(text) is None


@pytest.mark.parametrize(
    ("text", "bounds", "answer"),
    [
        ("37.012", ">=V36|<=V37", True),
        ("38.011", ">=V36|<=V37", False),
        ("35.9", ">=V36", False),
        ("V5.4", ">=V5.4|<V5.5 SP1", True),
        ("V5.5 SP1", ">=V5.4|<V5.5 SP1", False),
        ("V37.1", ">V37", False),
        ("V38", ">V37", True),
        ("V37.1", "<=V37 SP1", False),
        ("1.0", "=1.0.0", True),
        ("unknown", "<2.0", None),
        ("V6.4", "<=V6.4 build 7|>=V6", None),
        ("V5", "<=V6.4 build 7|>=V6", False),
    ],
)
def test_a_version_lies_within_bounds_outside_or_nobody_can_say(text, bounds, answer):
    assert within(text, bounds) is answer


def test_bounds_that_are_none_are_told():
    with pytest.raises(ValueError, match="write one such as"):
        within("1.0", "about 3")
