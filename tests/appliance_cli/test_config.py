"""`upheld config`: what it writes passes, and what is wrong is named."""

import json

import pytest
from jsonschema import Draft202012Validator
from yaml import safe_load

HEADER = "id,type,zone,address,serial,mac\n"


def test_what_init_writes_is_sound(upheld, tmp_path):
    made = upheld("config", "init", tmp_path / "new")
    checked = upheld("config", "check", "-c", tmp_path / "new")

    assert made.returncode == 0
    assert f"Next: upheld config check -c {tmp_path}/new" in made.stdout
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "sound. 2 zones, 0 assets, 1 conduits." in checked.stdout


def test_init_makes_assets_of_a_csv(upheld, tmp_path):
    (tmp_path / "assets.csv").write_text(
        HEADER + "".join(f"plc-{n},s7,control,10.0.0.{n},S{n},\n" for n in range(1, 200))
    )
    made = upheld("config", "init", tmp_path / "new", "--from", tmp_path / "assets.csv")
    checked = upheld("config", "check", "-c", tmp_path / "new")

    assert made.returncode == 0, made.stderr
    assert "199 assets" in checked.stdout


def test_init_leaves_a_directory_with_files_alone(upheld, tmp_path):
    (tmp_path / "precious.yaml").write_text("site: {}\n")
    made = upheld("config", "init", tmp_path)

    assert made.returncode == 2
    assert str(tmp_path) in made.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["precious.yaml"]


def test_a_bad_row_is_named_by_its_line(upheld, tmp_path):
    (tmp_path / "assets.csv").write_text(
        HEADER + "plc-1,s7,control,10.0.0.1,,\nplc-2,s7,control,x,,\n"
    )
    made = upheld("config", "init", tmp_path / "new", "--from", tmp_path / "assets.csv")

    assert made.returncode == 2
    assert "assets.csv:3: " in made.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("source", ["missing.csv", "."])
def test_a_csv_that_cannot_be_read_is_named(upheld, tmp_path, source):
    made = upheld("config", "init", tmp_path / "new", "--from", tmp_path / source)

    assert made.returncode == 2
    assert str(tmp_path) in made.stderr


def test_the_schema_accepts_what_the_loader_accepts(upheld, site):
    schema = json.loads(upheld("config", "schema").stdout)
    folder = site()
    Draft202012Validator.check_schema(schema)

    Draft202012Validator(schema).validate(safe_load((folder / "site.yaml").read_text()))
    assert upheld("config", "check", "-c", folder).returncode == 0


def test_every_mistake_is_told_at_once_with_file_and_line(upheld, site):
    folder = site()
    (folder / "more.yaml").write_text("zonez: []\nlimits: {max_clock_offset: 10 bananas}\n")
    checked = upheld("config", "check", "-c", folder)

    assert checked.returncode == 2
    assert "more.yaml:1: found" in checked.stderr
    assert "more.yaml:2: found" in checked.stderr


def test_no_such_directory_is_named(upheld, tmp_path):
    checked = upheld("config", "check", "-c", tmp_path / "none")

    assert checked.returncode == 2
    assert f"{tmp_path}/none: found no such directory" in checked.stderr


def test_an_unreadable_directory_is_named(upheld, site):
    folder = site()
    folder.chmod(0)
    checked = upheld("config", "check", "-c", folder)
    folder.chmod(0o755)

    assert checked.returncode == 2
    assert "readable" in checked.stderr


def test_an_unreadable_folder_or_file_does_not_take_its_assets_with_it(upheld, site):
    folder = site()
    (folder / "more").mkdir(mode=0)
    (folder / "zones.yaml").touch(mode=0)
    checked = upheld("config", "check", "-c", folder)
    (folder / "more").chmod(0o755)

    assert checked.returncode == 2
    assert f"{folder}/more: found a folder that cannot be read" in checked.stderr
    assert "zones.yaml: found" in checked.stderr
