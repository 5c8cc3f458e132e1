"""What holds for every check, and what to do about the one for which it does not."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from checks import ALL, BY_ID
from checks.catalogue import BEGIN, END, numbers, table, with_numbers, with_table
from checks.check import About, Form
from checks.facts.codec import FACT_TYPES
from checks.facts.expected import ExpectedConduit, ExpectedZone, Flow
from checks.facts.ports import PortAnswer, TcpPort
from checks.facts.verdict import Outcome, Reason, RestsOn
from checks.requirements import REQUIREMENTS
from checks.revision import revision, sources
from checks.techniques import TECHNIQUES
from tests.checks.given import asset, observed, port, service, verdict

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "checks"
FILES = sorted(p for p in CHECKS.glob("fr*/*.py") if p.name != "__init__.py")
PURE = [p for p in CHECKS.rglob("*.py") if p.name not in {"revision.py", "__main__.py"}]
ALLOWED = {
    "__future__",
    "collections.abc",
    "dataclasses",
    "datetime",
    "enum",
    "hashlib",
    "ipaddress",
    "json",
    "re",
    "types",
    "typing",
}
CLOCKS_AND_FILES = {"now", "utcnow", "today", "open", "print", "input", "exec", "eval"}
KINDS = ("test_holds_", "test_broken_", "test_not_applicable_", "test_could_not_see_")
SUBJECT = {
    "asset": asset(
        vendor="Acme",
        serial="S1",
        firmware_approved=("1.0",),
        services=(service(4840, "opcua"), service(161, "snmp", "udp"), service(502, "modbus")),
        closed_ports=(22, 23, 25, 80, 102),
    ),
    "service": service(4840, "opcua", login="password", variables=("ns=3;s=A",), second_look="dmz"),
    "conduit": ExpectedConduit(
        "c",
        "dmz",
        "control",
        "drop",
        allow=(Flow("tcp", 4840),),
        modbus_ports=(("plc-1", 502),),
        programming_ports=(("plc-1", 102),),
        admin_ports=(("plc-1", 22),),
        from_untrusted=True,
    ),
    "zone": ExpectedZone("control", ("plc-1",)),
}
PORTS = (22, 23, 25, 80, 102, 502, 4840)
ACROSS = {"conduit": "c", "permitted": False, "vantage_kind": "plain"}

each = pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
each_that_reads = pytest.mark.parametrize(
    "check", [c for c in ALL if c.reads], ids=lambda check: check.id
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_check_says_for_whom_it_is(path):
    calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    stated = {k.arg for c in calls if getattr(c.func, "id", "") == "check" for k in c.keywords}

    assert "audience" in stated, (
        f"{path.name} does not say who is told first: add audience=SOC, ENGINEERING or PROGRAMME"
    )


def test_every_technique_is_named_by_a_check_and_written_as_attack_writes_them():
    named = {technique for c in ALL for technique in c.enables}

    assert named == set(TECHNIQUES)
    assert all(re.fullmatch(r"T[01]\d{3}(\.\d{3})?", technique) for technique in TECHNIQUES)
    # Nine ids that version 19 replaced.
    gone = {"T0803", "T0804", "T0805", "T0812", "T0839", "T0855", "T0856", "T0857", "T0891"}
    assert not gone & named


def test_what_an_intruder_could_use_today_is_for_the_soc():
    assert {c.id for c in ALL if c.severity == "critical" and c.audience != "soc"} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_check_file_is_listed(path):
    listed = {c.module for c in ALL}

    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)

    assert module in listed, (
        f"{path.relative_to(ROOT)} is never run: import its judge by name in checks/__init__.py"
    )


def test_ids_are_unique_and_named_for_their_files():
    assert len(BY_ID) == len(ALL) == len(FILES)
    assert {c.id.replace("-", "_") for c in ALL} == {p.stem for p in FILES}


@each
def test_a_check_has_its_four_kinds_of_test(check):
    path = ROOT / "tests/checks" / f"test_{check.id.replace('-', '_')}.py"
    assert path.is_file(), f"write {path.relative_to(ROOT)}"
    tree = ast.parse(path.read_text("utf-8"))
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]

    missing = [kind for kind in KINDS if not any(name.startswith(kind) for name in names)]

    assert not missing, f"{path.relative_to(ROOT)} has no test whose name begins {missing}"
    assert ".said ==" in path.read_text("utf-8"), "pin the sentence of a failure"


@each
def test_a_check_says_when_it_passes_fails_and_does_not_apply(check):
    said = " ".join((check.function.__doc__ or "").split())

    assert said.startswith("Passes when ")
    assert "; fails when " in said
    assert "; does not apply " in said


@each
def test_a_check_tells_what_to_do_and_how_to_look_by_hand(check):
    for text in (check.title, check.remedy, check.by_hand):
        assert text.strip() == text != ""
    assert check.remedy.endswith(".")
    assert check.by_hand.endswith(".")
    assert not check.title.endswith(".")


@each
def test_a_check_maps_to_real_requirements_and_lives_with_the_first(check):
    first = next(iter(check.requirements))

    assert set(check.requirements) <= set(REQUIREMENTS)
    folder = check.module.split(".")[1]
    assert folder.startswith(f"fr{REQUIREMENTS[first].foundational}_"), f"{check.id} is in {folder}"


def test_all_foundational_requirements_and_kinds_of_subject_appear():
    asked = {REQUIREMENTS[r].foundational for c in ALL for r in c.requirements}

    assert asked == {1, 2, 3, 4, 5, 6, 7}
    assert {c.about for c in ALL} == set(About)


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(CHECKS)))
def test_judging_reaches_nothing_but_its_arguments(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            ours = name == "checks" or name.startswith("checks.")
            assert ours or name in ALLOWED, f"{path.name} imports {name}"
        if isinstance(node, ast.Call):
            called = node.func
            name = getattr(called, "attr", getattr(called, "id", ""))
            assert name not in CLOCKS_AND_FILES, f"{path.name} calls {name}"


@pytest.mark.parametrize("reason", Reason)
@each_that_reads
def test_gaps_are_never_a_pass_nor_a_failure(check, reason):
    for changes in ({}, {"service": "tcp-502"}, {**ACROSS, "service": "tcp-502"}):
        gaps = [observed(reason, facts_type=k.__name__, **changes) for k in check.reads]

        answer = verdict(check, *gaps, **SUBJECT)

        assert answer.outcome in {Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE}
        assert answer.rests_on is None


@each
def test_nothing_at_all_is_never_a_pass(check):
    assert verdict(check, **SUBJECT).outcome is not Outcome.PASS


@each_that_reads
def test_a_run_without_sight_makes_no_silence_count(check):
    silence = [
        port(number, "filtered", blind=True, **changes)
        for number in PORTS
        for changes in ({}, ACROSS)
    ]

    assert verdict(check, *silence, **SUBJECT).outcome is not Outcome.PASS


@pytest.mark.parametrize("check", [c for c in ALL if TcpPort in c.reads], ids=lambda c: c.id)
@pytest.mark.parametrize("answer", [PortAnswer.FILTERED, PortAnswer.UNREACHABLE])
def test_the_silence_of_a_dead_device_is_never_a_pass(check, answer):
    dead = {"alive": False, "last_alive": None}
    silence = [
        port(number, answer, **dead, **changes) for number in PORTS for changes in ({}, ACROSS)
    ]

    assert verdict(check, *silence, **SUBJECT).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("check", [c for c in ALL if TcpPort in c.reads], ids=lambda c: c.id)
def test_a_pass_on_filtered_ports_says_that_it_rests_on_silence(check):
    silence = [port(number, "filtered", **changes) for number in PORTS for changes in ({}, ACROSS)]

    answer = verdict(check, *silence, **SUBJECT)

    assert answer.outcome is not Outcome.PASS or answer.rests_on is RestsOn.SILENCE


@each
def test_every_facts_type_a_check_reads_can_be_kept_as_evidence(check):
    for kind in check.reads:
        assert FACT_TYPES[kind.__name__] is kind


@each
def test_an_asset_that_is_never_probed_is_nobodys_pass(check):
    if check.about in {About.ASSET, About.SERVICE}:
        answer = verdict(check, **{**SUBJECT, "asset": asset(probing="never")})

        assert answer.outcome is Outcome.NOT_APPLICABLE


def test_the_coverage_table_is_up_to_date():
    text = (CHECKS / "README.md").read_text("utf-8")

    assert with_table(text, ALL) == text, "checks/README.md is out of date: run `python -m checks`"
    assert table(ALL) in text


@pytest.mark.parametrize("readme", [CHECKS / "README.md", ROOT / "README.md"])
def test_the_numbers_are_up_to_date(readme):
    text = readme.read_text("utf-8")

    assert with_numbers(text, ALL) == text, f"{readme} is out of date: run `python -m checks`"


def test_the_numbers_count_what_a_level_asks_for_and_no_hints():
    hinted, shown, part = (
        BY_ID[i] for i in ("self-positive-control", "login-notice-shown", "config-saved")
    )

    first, _, *rows = numbers([hinted, shown, part]).splitlines()
    cells = {row.split(" | ")[0]: row.strip(" |").split(" | ")[1:] for row in rows}

    assert first.startswith(
        "3 checks reach 3 of the 100 requirements of IEC 62443-3-3 directly, 1 of them at work on "
        "an interface. With the dated records of `checks/program.py` beside them it would be "
    )
    assert [c.partition(" / ")[0] for c in cells["| FR 1"]] == ["1"] * 4
    assert cells["| FR 5"][0] == "0 / 0 of 4"
    # SR 7.3 and its enhancements are shown by records alone, SR 7.4 and SR 7.6 by config-saved too.
    assert cells["| FR 7"][3] == "2 / 7 of 13"
    assert [c.split()[-1] for c in cells["| all"]] == ["37", "60", "90", "100"]


def test_a_text_without_markers_takes_no_table():
    for text in ("", BEGIN, f"{END} {BEGIN}"):
        with pytest.raises(ValueError, match="in this order"):
            with_table(text, ALL)


def test_revisions_differ_by_check_and_rest_on_what_the_check_reads():
    assert len({revision(c) for c in ALL}) == len(ALL)
    assert revision(ALL[0]) == revision(ALL[0])
    names = {p.name for p in sources(BY_ID["conduit-default-deny"].module)}

    assert {"conduit_default_deny.py", "check.py", "deciding.py", "paths.py", "ports.py"} <= names
    assert "identity.py" not in names


def test_forms_with_all_their_facts_take_gaps_too():
    # A check that takes tuple[T, ...] would not see that something is missing.
    assert not [c.id for c in ALL for i in c.inputs if i.form is Form.ALL]


def test_the_target_level_is_out_of_every_checks_reach():
    for kind in SUBJECT.values():
        assert not [f.name for f in fields(kind) if f.name.startswith("sl")]
