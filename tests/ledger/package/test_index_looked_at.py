"""A package's index as an assessor opens it: from a disk, scripts off, on any screen and on paper."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.ledger.package.conftest import unpacked
from tests.outlets.browsing import THERE, chromium

WIDTHS, THEMES = (390, 1440), ("light", "dark")

pytestmark = pytest.mark.skipif(not THERE, reason="no Chromium or its driver: run .ci/peers")


@pytest.fixture(scope="module")
def browser():
    with chromium() as session:
        yield session


@pytest.fixture
def address(second_day, tmp_path):
    for name, data in unpacked(second_day).items():
        path = tmp_path / "bag" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return f"file://{tmp_path}/bag/data/index.html"


@pytest.fixture
def folder(tmp_path):
    """Where the pictures go: UPHELD_PICTURES=DIR keeps them to be looked at."""
    kept = Path(os.environ.get("UPHELD_PICTURES") or tmp_path)
    kept.mkdir(parents=True, exist_ok=True)
    return kept


async def test_it_reads_well_with_scripts_off_at_every_width_and_in_both_themes(
    browser, address, folder
):
    seen = await browser("look", address, file=f"{folder}/package", widths=WIDTHS, themes=THEMES)

    assert seen["rules"] > 0
    assert [f for f in seen["faults"] if f["impact"] in ("serious", "critical")] == []
    assert seen["overflows"] == []
    assert seen["said"] == []
    assert len(list(folder.glob("package-*.png"))) == len(WIDTHS) * len(THEMES)


async def test_all_of_it_is_there_with_scripts_off(browser, address):
    shown = await browser("content", address)

    assert "=Bench &amp; Co" in shown["content"]
    assert shown["content"].rstrip().endswith("</html>")
    assert shown["said"] == []


async def test_it_is_dark_on_white_on_paper(browser, address, folder):
    printed = await browser("print", address, file=f"{folder}/package.pdf", landscape=True)

    assert printed["octets"] > 5_000
    assert printed["faults"] == []
    assert not printed["cut"], "wider than the paper"
