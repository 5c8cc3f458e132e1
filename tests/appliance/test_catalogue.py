"""docs/checks.md is what `upheld catalogue` prints."""

from pathlib import Path

from appliance.catalogue import entries, pages
from appliance.visit import questions as q
from checks import ALL, BY_ID
from checks.facts.context import Presence

DOCS = Path(__file__).parents[2] / "docs" / "checks.md"


def test_the_page_in_docs_is_up_to_date():
    assert DOCS.read_text("utf-8") == pages(ALL) + "\n", (
        "docs/checks.md is out of date: run `upheld catalogue > docs/checks.md`"
    )


def test_every_fact_a_check_reads_is_asked_by_somebody():
    asked = {question.facts for question in q.QUESTIONS} | {Presence}
    for check in ALL:
        assert set(check.reads) <= asked, f"nobody asks what {check.id} reads"


def test_an_entry_says_what_is_sent():
    one = next(e for e in entries(ALL) if e["id"] == "tls-protocol-current")

    assert [a["question"] for a in one["asks"]] == ["tls-versions"]
    assert one["question"].endswith("?")
    assert one["logic"].startswith("Passes when ")


def test_an_entry_says_who_is_told_and_what_a_failure_makes_possible():
    entry = next(e for e in entries(ALL) if e["id"] == "opcua-anonymous-session-refused")
    page = pages([BY_ID["opcua-anonymous-session-refused"]])

    assert entry["audience"] == "soc"
    assert entry["enables"]
    assert all(f"{t['id']} {t['name']}" in page for t in entry["enables"])
    assert "| told first | soc |" in page
