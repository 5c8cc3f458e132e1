from __future__ import annotations

import pytest

from appliance.site.init import init, init_from_csv
from appliance.site.loading import SiteError, load

HEAD = "id,type,zone,address,serial,mac\n"


def mistakes(call):
    with pytest.raises(SiteError) as caught:
        call()
    return [str(p) for p in caught.value.problems]


def test_a_new_site_is_accepted_as_it_stands(tmp_path):
    files = init(tmp_path / "new")

    assert load(tmp_path / "new").site.appliance.vantages[0].zone == "dmz"
    assert all("#" in f.read_text() for f in files)


def test_a_site_that_is_there_is_never_overwritten(tmp_path):
    init(tmp_path)
    before = (tmp_path / "site.yaml").read_text()

    assert "a site already" in mistakes(lambda: init(tmp_path))[0]
    assert (tmp_path / "site.yaml").read_text() == before


def test_three_hundred_rows_become_a_checked_site(tmp_path):
    rows = "".join(
        f"plc-{i},s7-{i % 3},line-{i % 4},10.{i % 4}.{i // 200}.{i % 200 + 1},00{i},"
        f"00:1b:1b:00:{i // 256:02x}:{i % 256:02x}\n"
        for i in range(300)
    )
    (tmp_path / "a.csv").write_text(HEAD + rows)
    init_from_csv(tmp_path / "a.csv", tmp_path / "site")
    site = load(tmp_path / "site").site

    assert len(site.assets) == 300
    assert site.asset("plc-7").identity.serial == "007"
    assert site.zone("line-1").networks == ("10.1.0.0/24", "10.1.1.0/24")
    assert site.conduit("dmz", "line-3") is not None


def test_semicolons_a_byte_order_mark_and_missing_cells_are_fine(tmp_path):
    (tmp_path / "a.csv").write_bytes(
        "\ufeffid;zone;address;serial\np;dmz;10.0.0.1;it's: {odd}\n".encode()
    )
    init_from_csv(tmp_path / "a.csv", tmp_path / "site")

    assert load(tmp_path / "site").site.asset("p").identity.serial == "it's: {odd}"


def test_bad_rows_are_named_by_line_and_nothing_is_written(tmp_path):
    (tmp_path / "a.csv").write_text(
        HEAD + "p1,t,control,10.0.0.1,,\nP 2,t,control,10.0.0.2,,\np3,t,,10.0.0.3,,\n\n"
        "p4,t,control,plc4.local,,zz\np1,t,control,10.0.0.1,,\np5,t,control,10.0.0.5,,,extra\n"
    )
    found = mistakes(lambda: init_from_csv(tmp_path / "a.csv", tmp_path / "site"))

    assert [line.split(": found ")[0] for line in found] == [
        "a.csv:3", "a.csv:4", "a.csv:6", "a.csv:6", "a.csv:7", "a.csv:7", "a.csv:8",
    ]  # fmt: skip
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,zone,address,owner\n", "unknown column `owner`"),
        ("id,zone,adress\n", "unknown column `adress`; write `address`"),
        ("id,zone\n", "no column `address`"),
        (HEAD, "no rows below the first line"),
        ("", "no rows"),
    ],
)
def test_a_header_that_does_not_fit_is_told(tmp_path, text, expected):
    (tmp_path / "a.csv").write_text(text)
    found = mistakes(lambda: init_from_csv(tmp_path / "a.csv", tmp_path / "site"))

    assert any(expected in line for line in found)


def test_a_csv_that_is_not_there_is_told(tmp_path):
    found = mistakes(lambda: init_from_csv(tmp_path / "none.csv", tmp_path / "site"))

    assert "cannot be read" in found[0]
