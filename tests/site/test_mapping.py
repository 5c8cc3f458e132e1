"""The owner's references: a template to fill in, and what is wrong with a filled one."""

from __future__ import annotations

import csv
import io

import pytest

from appliance.site.mapping import COLUMNS, References, references, rows, template
from appliance.site.problems import SiteError
from checks import ALL
from checks.program import RECORDS
from checks.requirements import REQUIREMENTS

HEAD = "kind,id,acssa_ref\n"


def read(tmp_path, text):
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "mapping.csv").write_bytes(data)
    return references(tmp_path)


def wrong(tmp_path, text):
    with pytest.raises(SiteError) as raised:
        read(tmp_path, text)
    return [str(problem) for problem in raised.value.problems]


def test_the_template_has_a_row_for_everything_and_its_last_column_is_empty():
    found = list(csv.DictReader(io.StringIO(template())))

    assert tuple(found[0]) == COLUMNS
    assert len(found) == len(ALL) + len(RECORDS) + len(REQUIREMENTS)
    assert {row["acssa_ref"] for row in found} == {""}
    assert all(row["program_unconfirmed"] for row in found if row["kind"] == "record")


def test_what_the_owner_wrote_is_read_back_and_kept_in_the_next_template(tmp_path):
    lines = template().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("check,snmp-v3-authpriv,"))
    lines[at] = lines[at].rstrip("\n") + "EV-12 §3\n"
    found = read(tmp_path, "".join(lines))

    assert found.of("check", "snmp-v3-authpriv") == "EV-12 §3"
    assert found.of("check", "snmp-v1v2c-disabled") == ""
    assert template(found) == "".join(lines)


def test_without_a_file_nothing_is_mapped(tmp_path):
    assert references(tmp_path) == References()


def test_a_spreadsheet_may_write_a_mark_blank_lines_and_other_line_ends(tmp_path):
    found = read(tmp_path, "\ufeffkind,id,acssa_ref\r\n\r\nrecord,backup,B-1\r\n,,\r\n")

    assert found.of("record", "backup") == "B-1"


def test_every_kind_of_thing_can_be_referred_to_by_its_own_kind_only(tmp_path):
    assert len({(row.kind, row.id) for row in rows()}) == len(rows())
    assert wrong(tmp_path, HEAD + "check,backup,B-1\n")[0].startswith("mapping.csv:2: found the")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "mapping.csv:1: found no column kind; write kind,id,title,"),
        ("kind,id\n", "mapping.csv:1: found no column acssa_ref; write kind,id,title,"),
        (
            "kind,id,acsa_ref\n",
            "mapping.csv:1: found the column `acsa_ref`; write `acssa_ref`",
        ),
        ("kind,id,acssa_ref,id\n", "mapping.csv:1: found the column `id` twice; write it once"),
        (HEAD + "checks,a,b\n", "mapping.csv:2: found the kind `checks`; write `check`"),
        (
            HEAD + "check,snmp-v3-authprev,b\n",
            "mapping.csv:2: found the check `snmp-v3-authprev`; write `snmp-v3-authpriv`",
        ),
        (
            HEAD + "requirement,SR 1.1,a\nrequirement,SR 1.1,b\n",
            "mapping.csv:3: found requirement `SR 1.1` a second time; write it once; line 2 has it",
        ),
        (
            HEAD + "record,backup\n",
            "mapping.csv:2: found 2 columns; write 3, as the first line has",
        ),
        (
            HEAD + "record,backup,=1+1\n",
            "mapping.csv:2: found the reference `=1+1`; write it without the first character",
        ),
        (
            HEAD + 'record,backup,"a\nb"\n',
            "mapping.csv:3: found the reference `a\\nb`; write at most 200 printable",
        ),
        (HEAD + f"record,backup,{'x' * 201}\n", "mapping.csv:2: found the reference `xxx"),
        (HEAD + 'record,backup,"x\n', "mapping.csv:2: found a line that is no CSV ("),
        (
            HEAD.encode() + b"record,backup,\xff\n",
            "mapping.csv:2: found octets that are no UTF-8; write the file saved as CSV UTF-8",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_write(tmp_path, text, said):
    assert wrong(tmp_path, text)[0].startswith(said)


def test_all_mistakes_are_named_at_once(tmp_path):
    assert len(wrong(tmp_path, HEAD + "a,b,c\ncheck,x,y\nrecord,backup,@z\n")) == 3


def test_a_directory_that_is_not_there_is_no_empty_mapping(tmp_path):
    with pytest.raises(SiteError):
        references(tmp_path / "nowhere")
