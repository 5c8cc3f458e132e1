"""The committed manual page is that of the commands there are, and a real man can show it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.cli import app
from appliance.cli.manual import manual

PAGE = Path(__file__).parents[2] / "docs" / "upheld.1"


def test_the_committed_page_is_current():
    committed = PAGE.read_text(encoding="utf-8")

    assert committed == manual(app), "run python -m appliance.cli.manual docs/upheld.1"


def test_every_command_and_its_options_have_a_place():
    page = manual(app)

    for part in (
        ".SS check\n",
        ".SS evidence show",
        ".SS status\n",
        "\\-\\-due\\-anyway",
        ".SH EXIT",
    ):
        assert part in page
    assert not [line for line in page.splitlines() if line.startswith("'")]


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff here")
def test_groff_has_nothing_to_complain_of():
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", str(PAGE)], capture_output=True, text=True, check=True
    )

    assert done.stderr == ""
    assert "Visit the assets now" in done.stdout
