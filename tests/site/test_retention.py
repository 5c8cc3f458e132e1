"""How long evidence is kept, said in years, and nonsense named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.site.loading import load
from appliance.site.problems import SiteError
from appliance.site.retention import Retention
from appliance.site.schema import json_schema

SITE = """
site: {id: bench}
appliance:
  id: edge
  vantages: [{id: monitor, zone: cell, source: 10.0.0.5, kind: monitor}]
zones: [{id: cell, networks: [10.0.0.0/24]}]
"""


@pytest.fixture
def loaded(tmp_path):
    def made(text):
        (tmp_path / "site.yaml").write_text(SITE + text)
        return load(tmp_path)

    return made


@pytest.mark.parametrize(
    ("text", "kept", "written"),
    [
        ("", timedelta(days=1830), "5y"),
        ("evidence: {keep: 7y}", timedelta(days=2562), "7y"),
        ("evidence: {keep: 395d}", timedelta(days=395), "395d"),
        ("evidence: {keep: forever}", None, "forever"),
    ],
)
def test_years_days_and_forever(loaded, text, kept, written):
    found = loaded(text)

    assert found.site.evidence.keep == kept
    assert found.plain["evidence"]["keep"] == written
    assert Retention(keep=written).keep == kept


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ("7", "write years or days, such as 5y or 400d, or forever"),
        ("1y", "write at least 395d (13 months): a yearly assessment looks back that far"),
        ("30d", "write at least 395d (13 months)"),
        ("24h", "write years or days"),
        ("5 years", "write years or days"),
        ("100y", "write at most 99y, or forever"),
        ("-5y", "write years or days"),
        ("0y", "write years or days"),
        ("{}", "write years or days"),
    ],
)
def test_anything_else_is_an_error_that_says_what_to_write(loaded, keep, said):
    with pytest.raises(SiteError) as error:
        loaded(f"evidence: {{keep: {keep}}}\n")

    assert "site.yaml:7: found keep: " in str(error.value)
    assert said in str(error.value)


def test_the_schema_has_it():
    assert "evidence" in json_schema()["properties"]
