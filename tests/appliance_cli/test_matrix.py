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


def test_a_cell_supported_in_part_names_what_does_not_show_it(upheld, site):
    folder = site()
    upheld("check", "-c", folder)
    cell = cells(upheld, folder)["cell", "SR 7.6"]
    table = upheld("matrix", "-c", folder)

    assert cell["holes"]
    assert f"not shown in full on {cell['holes'][0]}" in " ".join(table.stdout.split())


def test_the_owners_reference_stands_beside_the_requirement(upheld, site):
    folder = site()
    (folder / "mapping.csv").write_text("kind,id,acssa_ref\nrequirement,SR 7.6,EV-9\n")
    done = upheld("matrix", "-c", folder, "--format", "csv")
    rows = {row["requirement"]: row for row in csv.DictReader(io.StringIO(done.stdout))}

    assert (rows["SR 7.6"]["acssa_ref"], rows["SR 7.7"]["acssa_ref"]) == ("EV-9", "")
    assert cells(upheld, folder)["cell", "SR 7.6"]["acssa_ref"] == "EV-9"
    assert "EV-9" in upheld("matrix", "-c", folder).stdout


def test_a_mapping_with_a_mistake_is_named_by_every_command_that_reads_it(upheld, site):
    folder = site()
    (folder / "mapping.csv").write_text("kind,id,acssa_ref\ncheck,snmp-v3-authprev,EV-9\n")
    for command in (("matrix",), ("config", "check"), ("catalogue",)):
        done = upheld(*command, "-c", folder)

        assert done.returncode == 2
        assert (
            "mapping.csv:2: found the check `snmp-v3-authprev`; write `snmp-v3-authpriv`"
            in done.stderr
        )


def test_the_catalogue_writes_the_file_to_fill_in_and_keeps_what_is_in_it(upheld, site):
    folder = site()
    template = upheld("catalogue", "--format", "mapping").stdout
    filled = template.splitlines()
    at = next(i for i, line in enumerate(filled) if line.startswith("record,backup,"))
    filled[at] += "EV-3"
    (folder / "mapping.csv").write_text("\n".join(filled) + "\n")
    again = upheld("catalogue", "--format", "mapping", "-c", folder).stdout

    assert again.splitlines() == filled
    assert (
        json.loads(upheld("catalogue", "--format", "json", "-c", folder).stdout)[0]["acssa_ref"]
        == ""
    )
