"""`upheld matrix`: a cell for every zone and requirement, in three forms."""

import csv
import io
import json

from checks.requirements import REQUIREMENTS


def cells(upheld, folder, *more):
    done = upheld("matrix", "-c", folder, "--format", "json", *more)
    assert done.returncode == 0, done.stderr
    return {(c["zone"], c["requirement"]): c for c in json.loads(done.stdout)["cells"]}


def test_before_any_visit_nothing_is_assessed(upheld, site):
    found = cells(upheld, site(), "--all")

    assert len(found) == len(REQUIREMENTS)
    assert {c["cell"] for c in found.values()} == {"not assessed", "not selected"}


def test_after_a_visit_what_was_seen_stands_behind_its_cell(upheld, site):
    folder = site()
    upheld("check", "-c", folder)
    cell = cells(upheld, folder)["cell", "SR 7.6"]

    assert cell["cell"] == "partly supported"
    assert {"key": "plc.port-expected-present", "state": "pass"}.items() <= next(
        row for row in cell["evidence"] if row["key"] == "plc.port-expected-present"
    ).items()


def test_another_level_selects_other_cells(upheld, site):
    folder = site()
    own, lower = cells(upheld, folder), cells(upheld, folder, "--sl-t", "1")

    assert lower.keys() < own.keys()
    assert cells(upheld, folder, "--sl-t", "0") == {}


def test_the_table_says_what_no_wire_can_show(upheld, site):
    done = upheld("matrix", "-c", site())

    assert done.returncode == 0
    assert "a statement, signed and in date, is needed" in " ".join(done.stdout.split())


def test_csv_has_one_row_a_cell(upheld, site):
    done = upheld("matrix", "-c", site(), "--format", "csv", "--all")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))

    assert len(rows) == len(REQUIREMENTS)
    assert {row["zone"] for row in rows} == {"cell"}


def test_a_zone_that_does_not_exist_is_named_with_the_choices(upheld, site):
    done = upheld("matrix", "-c", site(), "--zone", "nowhere")

    assert done.returncode == 2
    assert "there is no zone 'nowhere'; write one of cell" in done.stderr
