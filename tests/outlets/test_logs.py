from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from appliance.outlets import logs


@pytest.fixture
def written():
    """The lines logged so far, as a function; puts logging back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs._AT_LEAST}
    stream = io.StringIO()
    logs.configure(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    for name, number in levels.items():
        logging.getLogger(name).setLevel(number)
    structlog.reset_defaults()


def test_an_event_is_one_json_line_with_its_time_in_utc(written):
    structlog.get_logger().info("visit ended", asset="plc-1", packets=3)

    (line,) = written()
    assert (line["event"], line["level"], line["asset"], line["packets"]) == (
        "visit ended", "info", "plc-1", 3
    )  # fmt: skip
    age = datetime.now(UTC) - datetime.fromisoformat(line["timestamp"])
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "bad", ["\x00", "\x1b", "\n", "\x7f", "\x9b", "\u202e", "\u2066", "\u2028"]
)
def test_characters_that_steer_a_terminal_are_written_as_escapes(written, bad):
    structlog.get_logger().warning(f"a{bad}b", said=f"x{bad}y", where=[f"p{bad}q"])

    (line,) = written()
    assert bad not in "".join([line["event"], line["said"], *line["where"]])
    assert line["said"].startswith("x\\")


def test_long_texts_are_cut(written):
    structlog.get_logger().info("said", text="x" * 1000)

    (line,) = written()
    assert len(line["text"]) == 256


def test_libraries_log_the_same_way(written):
    logging.getLogger("some.library").warning("lost %s", "plc\x1b")

    (line,) = written()
    assert (line["event"], line["level"], line["logger"]) == (
        "lost plc\\x1b",
        "warning",
        "some.library",
    )


def broken():
    raise ValueError("of a \x1b kind")


def test_an_exception_is_told_on_the_same_line(written):
    try:
        broken()
    except ValueError:
        logging.getLogger("some.library").exception("failed")
        structlog.get_logger().exception("failed")

    last = [line["exception"][-1] for line in written()]
    assert last == ["ValueError: of a \\x1b kind"] * 2


def test_talkative_libraries_are_quiet_and_a_failed_job_is_not(written):
    logging.getLogger("asyncua.client").error("packet")
    logging.getLogger("pymodbus.logging").error("packet")
    logging.getLogger("apscheduler.scheduler").info("job ran")
    logging.getLogger("apscheduler.executors.default").error("job failed")

    assert [line["event"] for line in written()] == ["job failed"]


def test_secrets_do_not_reach_a_line(written):
    structlog.get_logger().info("login", password="hunter2", nested={"community": "public"})

    assert "hunter2" not in str(written())
    assert "public" not in str(written())


def test_what_is_below_the_level_is_not_written(written):
    structlog.get_logger().debug("detail")

    assert written() == []


def test_a_level_that_is_none_is_refused():
    with pytest.raises(ValueError, match="write debug, info, warning or error"):
        logs.configure(io.StringIO(), "loud")
