from __future__ import annotations

import asyncio
import json

import pytest

from appliance.visit.guard.kept import Kept
from appliance.visit.guard.latch import Choice, Latches, NotTried
from collectors.credentials import ClientCertificate, Community, Password, SnmpUser
from tests.visit.clocks import FakeClock

OLD, NEW = "digest-old", "digest-new"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def kept():
    return Kept.in_memory()


@pytest.fixture
def latches(kept, clock):
    return Latches(kept, clock)


async def log_in(latches, address, result, *, digest=OLD, visit="v", patience=0.0, changing=False):
    """One attempt; the events, or the reason there was none."""
    try:
        async with latches.trying(
            "c", address, Choice("secret", digest, changing), visit=visit, patience=patience
        ) as attempt:
            await asyncio.sleep(0)
            if result == "worked":
                attempt.worked()
            elif result == "failed":
                attempt.failed("BadUserAccessDenied")
            return attempt.events
    except NotTried as error:
        return str(error)


@pytest.mark.parametrize("patience", [0.0, 30.0])
async def test_a_wrong_password_on_a_hundred_assets_is_one_attempt_on_the_wire(latches, patience):
    sent = []

    async def asset(address):
        try:
            async with latches.trying(
                "c", address, Choice("secret", OLD), visit=address, patience=patience
            ) as attempt:
                sent.append(address)
                await asyncio.sleep(0.01)
                attempt.failed("BadUserAccessDenied")
        except NotTried as error:
            return str(error)

    said = await asyncio.gather(*(asset(f"10.0.0.{i}") for i in range(100)))

    assert len(sent) == 1
    assert sum(s is not None for s in said) == 99
    later = await asyncio.gather(*(asset(f"10.0.0.{i}") for i in range(100)))
    assert len(sent) == 1
    assert all("upheld rearm c" in s for s in later)


async def test_nobody_waits_longer_than_his_patience(latches):
    async with latches.trying("c", "1", Choice("secret", OLD), visit="v"):
        assert "being tried elsewhere" in await log_in(latches, "2", "worked")
        assert "for 0.01 s" in await log_in(latches, "2", "worked", patience=0.01)


async def test_a_secret_that_works_here_waits_for_nobody(latches):
    await log_in(latches, "1", "worked")
    await log_in(latches, "2", "worked")

    async with latches.trying("c", "1", Choice("secret", OLD), visit="v"):
        assert await log_in(latches, "2", "worked") == []


async def test_a_cancelled_or_broken_attempt_lets_the_next_one_in(latches):
    for problem in (asyncio.CancelledError, OSError):
        with pytest.raises(problem):
            async with latches.trying("c", "1", Choice("secret", OLD), visit="v"):
                raise problem

    assert await log_in(latches, "2", "worked") == []


async def test_silence_latches_nothing(latches):
    for _ in range(10):
        assert await log_in(latches, "1", "nobody judged it") == []

    assert latches.latched("c", "1", OLD) is None


async def test_a_first_failure_of_an_unproven_secret_latches_everywhere(latches):
    events = await log_in(latches, "1", "failed")

    assert [e.kind for e in events] == ["credential.latched"]
    assert "everywhere" in events[0].said
    assert latches.latched("c", "2", OLD)


async def test_one_that_worked_only_here_is_unproven_elsewhere(latches):
    await log_in(latches, "1", "worked")
    await log_in(latches, "1", "failed")

    assert latches.latched("c", "2", OLD)


async def test_one_that_works_elsewhere_latches_for_the_asset_that_denied_it(latches):
    await log_in(latches, "1", "worked")
    await log_in(latches, "2", "failed")

    assert latches.latched("c", "2", OLD)
    assert latches.latched("c", "1", OLD) is None
    assert await log_in(latches, "3", "worked") == []


@pytest.mark.parametrize(("apart", "everywhere"), [(86_399, True), (86_401, False)])
async def test_a_second_asset_within_a_day_latches_everywhere(latches, clock, apart, everywhere):
    await log_in(latches, "1", "worked")
    await log_in(latches, "2", "failed")
    clock.pass_(apart)
    await log_in(latches, "3", "failed")

    assert bool(latches.latched("c", "1", OLD)) is everywhere
    assert latches.latched("c", "3", OLD)


async def test_a_clock_set_forward_makes_two_failures_no_day_apart(latches, clock):
    await log_in(latches, "1", "worked")
    await log_in(latches, "2", "failed")
    clock.step(7 * 86_400)
    await log_in(latches, "3", "failed")

    assert latches.latched("c", "1", OLD)


async def test_while_one_failure_is_fresh_all_others_take_turns(latches):
    for address in "12":
        await log_in(latches, address, "worked")
    await log_in(latches, "3", "failed")

    async with latches.trying("c", "1", Choice("secret", OLD), visit="v"):
        assert "being tried elsewhere" in await log_in(latches, "2", "worked")


async def test_a_latch_outlives_a_restart_and_a_rearm_ends_it(latches, kept, clock):
    await log_in(latches, "1", "failed")
    clock.reboot()
    latches = Latches(kept, clock)

    assert latches.latched("c", "2", OLD)
    assert [c for c, _ in latches.all()] == ["c"]
    assert latches.rearm("other", "j-smit", "") is None
    assert latches.rearm("c", "j-smit", "mended").said == "c was rearmed by j-smit: mended."
    assert latches.latched("c", "1", OLD) is None
    assert latches.rearm("c", "j-smit", "") is None


async def test_a_changed_secret_is_a_new_one_and_the_old_one_stays_latched(latches):
    await log_in(latches, "1", "failed")

    assert latches.latched("c", "1", NEW) is None
    assert latches.latched("c", "1", OLD)


async def test_a_login_we_died_in_twice_is_latched_for_that_asset(latches, kept, clock):
    dead = []
    for _ in range(2):
        assert latches.latched("c", "1", OLD) is None
        # As far as the next process can see: begun and never ended.
        dead.append(latches.trying("c", "1", Choice("secret", OLD), visit="v"))
        await dead[-1].__aenter__()
        clock.reboot()
        latches = Latches(kept, clock)

    assert "ended 2 times" in latches.latched("c", "1", OLD)
    assert latches.latched("c", "2", OLD) is None
    assert latches.rearm("c", "j-smit", "") is not None
    assert latches.latched("c", "1", OLD) is None


def choose(latches, address="1", visit="v1", following=NEW):
    found = latches.choose("c", address, secret=OLD, following=following, visit=visit)
    return found if isinstance(found, str) else found.which


async def rotate(latches, address, result, visit):
    choice = latches.choose("c", address, secret=OLD, following=NEW, visit=visit)
    async with latches.trying("c", address, choice, visit=visit) as attempt:
        attempt.worked() if result == "worked" else attempt.failed("denied")
    return choice.which, [e.kind for e in attempt.events]


async def test_a_device_that_was_changed_gets_the_next_secret_at_its_next_visit(latches):
    for address in ("1", "2", "3"):
        await rotate(latches, address, "worked", "v0")
    assert await rotate(latches, "1", "failed", "v1") == ("secret", ["credential.changing"])

    assert "used in this visit already" in choose(latches, "1", "v1")
    assert await rotate(latches, "1", "worked", "v2") == ("next", [])
    assert await rotate(latches, "1", "worked", "v3") == ("next", [])
    assert choose(latches, "2", "v1") == "secret"


async def test_a_rotation_of_a_hundred_devices_latches_nothing(latches):
    for i in range(100):
        await rotate(latches, str(i), "worked", "v0")
    for i in range(100):
        assert (await rotate(latches, str(i), "failed", "v1"))[0] == "secret"
        assert (await rotate(latches, str(i), "worked", "v2"))[0] == "next"

    assert latches.choose("c", "7", secret=NEW, following=None, visit="v3") == Choice("secret", NEW)


async def test_both_denied_is_a_latch(latches):
    for address in ("1", "2"):
        await rotate(latches, address, "worked", "v0")
    await rotate(latches, "1", "failed", "v1")
    assert await rotate(latches, "1", "failed", "v2") == ("next", ["credential.latched"])

    assert "latched" in choose(latches, "1", "v3") or "refused" in choose(latches, "1", "v3")
    assert choose(latches, "2", "v3") == "secret"


async def test_two_unproven_secrets_are_two_attempts_in_all(latches):
    attempts = 0
    for visit in range(3):
        for address in range(50):
            choice = latches.choose("c", str(address), secret=OLD, following=NEW, visit=str(visit))
            if isinstance(choice, Choice):
                async with latches.trying("c", str(address), choice, visit=str(visit)) as attempt:
                    attempts += 1
                    attempt.failed("denied")

    assert attempts == 2


async def test_without_a_next_there_is_one_secret(latches):
    assert choose(latches, following=None) == "secret"
    assert choose(latches, following=OLD) == "secret"
    await log_in(latches, "1", "failed")
    assert "latched everywhere" in choose(latches, following=None)


SECRETS = [
    Password("monitor", "hunter2-password"),
    Community("hunter2-community"),
    SnmpUser("monitor", "SHA-256", "hunter2-auth", "AES-128", "hunter2-priv"),
    ClientCertificate(b"hunter2-certificate", b"hunter2-key"),
]


async def test_no_secret_and_no_bare_hash_of_one_is_kept(kept, clock):
    import hashlib

    latches = Latches(kept, clock)
    for credential in SECRETS:
        digest = latches.digest(credential)
        await log_in(latches, "1", "failed", digest=digest)
    text = json.dumps([kept.all(k) for k in ("latch-secret", "latch-login", "latch-key")])

    assert latches.digest(SECRETS[0]) in text
    assert "hunter2" not in text
    assert hashlib.sha256(b"hunter2-password").hexdigest() not in text
    assert b"hunter2-key".hex() not in text


def test_a_digest_is_the_same_after_a_restart_and_another_on_another_appliance(kept, clock):
    one = [Latches(kept, clock).digest(c) for c in SECRETS]

    assert one == [Latches(kept, clock).digest(c) for c in SECRETS]
    assert len(set(one)) == 4
    assert not set(one) & {Latches(Kept.in_memory(), clock).digest(c) for c in SECRETS}


@pytest.mark.parametrize(
    "other",
    [
        SnmpUser("monitor", "SHA-256", "hunter2-auth", "AES-128", "other"),
        SnmpUser("monitor", "SHA-256", "other", "AES-128", "hunter2-priv"),
        SnmpUser("monitor", "SHA-512", "hunter2-auth", "AES-128", "hunter2-priv"),
        SnmpUser("monitor2", "SHA-256", "hunter2-auth", "AES-128", "hunter2-priv"),
    ],
)
def test_every_part_of_a_user_is_part_of_its_digest(latches, other):
    assert latches.digest(other) != latches.digest(SECRETS[2])


async def test_a_login_refused_while_the_disk_is_full_is_repeated_nowhere(disk, clock):
    latches = Latches(disk.kept, clock)

    async with latches.trying("c", "10.0.0.1", Choice("secret", OLD), visit="v") as attempt:
        disk.takes_nothing()
        attempt.failed("BadUserAccessDenied")

    assert [event.kind for event in attempt.events] == ["credential.latched"]
    disk.takes_all()
    for address in ("10.0.0.1", "10.0.0.2"):
        assert "latched everywhere" in await log_in(latches, address, "worked", visit="w")
    disk.kept.put("budget", "10.0.0.1", {})
    assert "latched everywhere" in await log_in(
        Latches(disk.again(), clock), "10.0.0.2", "worked", visit="x"
    )
