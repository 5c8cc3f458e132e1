import stat

import yaml

from appliance.demo.site import write_site


def test_the_written_site_is_accepted_whole(tmp_path):
    from appliance.site.loading import load

    write_site(tmp_path, web_port=62443, mqtt="mqtt://127.0.0.1:1883")
    site = load(tmp_path).site

    assert site.site.laboratory
    assert {v.kind for v in site.appliance.vantages} == {"monitor", "plain"}
    assert len(site.assets) == 7
    assert {a.zone for a in site.assets} == {"dmz", "control", "field"}
    assert site.appliance.control


def test_without_a_broker_there_is_no_outlet(tmp_path):
    write_site(tmp_path, web_port=0, mqtt=None)

    assert "outlets" not in yaml.safe_load((tmp_path / "site.yaml").read_text())


def test_pins_are_the_plants_and_stay_when_written_again(tmp_path):
    write_site(tmp_path / "site", web_port=1, mqtt=None, plant_directory=tmp_path / "box")
    first = (tmp_path / "site/assets.yaml").read_text()
    write_site(tmp_path / "site", web_port=1, mqtt=None, plant_directory=tmp_path / "box")

    assert (tmp_path / "site/assets.yaml").read_text() == first
    assert (tmp_path / "box/plant/plc-1.pem").exists()


def test_secrets_are_for_their_owner_only_and_not_in_the_yaml(tmp_path):
    write_site(tmp_path, web_port=1, mqtt=None)

    written = "".join(p.read_text() for p in tmp_path.glob("*.yaml"))
    for path in (tmp_path / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.name == "community" or path.read_text() not in written
