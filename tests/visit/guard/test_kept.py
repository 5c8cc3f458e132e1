import pytest

from appliance.visit.guard.kept import Kept, KeptError


def test_what_is_put_is_there_after_a_restart(tmp_path):
    first = Kept.open(tmp_path / "guard.db")
    first.put("budget", "10.0.0.1", {"packets": 7})
    first.put("budget", "10.0.0.1", {"packets": 8})
    first.put("hold", "site", {"why": "start-up"})
    first.drop("hold", "site")
    first.close()

    again = Kept.open(tmp_path / "guard.db")

    assert again.all("budget") == {"10.0.0.1": {"packets": 8}}
    assert again.get("hold", "site") is None


@pytest.mark.parametrize("content", [b"not a database, not at all" * 100, None])
def test_a_file_that_cannot_be_used_is_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "guard.db"
    path.mkdir() if content is None else path.write_bytes(content)

    with pytest.raises(
        KeptError, match=r"guard\.db: the guard's file cannot be used .* restore it"
    ):
        Kept.open(path)
