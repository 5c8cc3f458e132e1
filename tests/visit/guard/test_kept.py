import sqlite3

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


def test_what_was_put_on_a_disk_that_takes_nothing_is_not_there(disk):
    disk.kept.put("budget", "10.0.0.1", {"packets": 7})
    disk.takes_nothing()

    with pytest.raises(sqlite3.OperationalError):
        disk.kept.put("budget", "10.0.0.1", {"packets": 8})
    with pytest.raises(sqlite3.OperationalError):
        disk.kept.drop("budget", "10.0.0.1")

    assert disk.kept.get("budget", "10.0.0.1") == {"packets": 7}


def test_what_was_insisted_on_holds_at_once_and_is_written_with_the_next_that_is(disk):
    disk.kept.put("breaker", "10.0.0.1", {"times": 0})
    disk.takes_nothing()

    disk.kept.insist("breaker", "10.0.0.1", {"times": 1})
    disk.kept.insist("breaker", "10.0.0.2", {"times": 2})

    assert disk.kept.get("breaker", "10.0.0.1") == {"times": 1}
    assert disk.kept.all("breaker") == {"10.0.0.1": {"times": 1}, "10.0.0.2": {"times": 2}}
    assert disk.again().all("breaker") == {"10.0.0.1": {"times": 0}}
    with pytest.raises(sqlite3.OperationalError):
        disk.kept.flush()

    disk.takes_all()
    disk.kept.put("hold", "site", {})

    assert disk.again().all("breaker") == {"10.0.0.1": {"times": 1}, "10.0.0.2": {"times": 2}}


def test_what_is_put_or_dropped_later_wins_over_what_was_insisted_on(disk):
    disk.takes_nothing()
    disk.kept.insist("breaker", "10.0.0.1", {"times": 1})
    disk.kept.insist("breaker", "10.0.0.2", {"times": 1})
    disk.takes_all()

    disk.kept.put("breaker", "10.0.0.1", {"times": 2})
    disk.kept.drop("breaker", "10.0.0.2")

    assert disk.kept.all("breaker") == disk.again().all("breaker") == {"10.0.0.1": {"times": 2}}
