"""A real browser renders the pages under their own strict policy, and has nothing to complain of."""

import asyncio
import shutil
import socket
from contextlib import asynccontextmanager

import pytest
import uvicorn

from appliance.outlets import web

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HEALTH = web.Health(healthy=True, ready=True)
WIDE, NARROW = "1280,900", "390,844"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


@asynccontextmanager
async def served(app):
    """The address of `app`, and the paths it was asked for."""
    asked = []

    async def noting(scope, receive, send):
        if scope["type"] == "http":
            asked.append(scope["path"])
        await app(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(noting, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        server.should_exit = True
        await serving


async def rendered(url, size, folder):
    """What the browser made of the page, and what its console said."""
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        f"--user-data-dir={folder}",
        f"--window-size={size}",
        "--dump-dom",
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return out.decode(), [line for line in err.decode().splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize(
    ("path", "size"),
    [("/", WIDE), ("/", NARROW), ("/assets/hmi-1", WIDE), ("/checks/opcua-cert-valid", NARROW)],
)
async def test_the_console_stays_empty(paint, tmp_path, path, size):
    async with served(web.create(paint, lambda: HEALTH)) as (address, asked):
        page, console = await rendered(address + path, size, tmp_path)

    assert console == []
    assert "Northgate &lt;works&gt;" in page
    assert "/style.css" in asked


async def test_what_the_policy_forbids_would_be_seen(paint, tmp_path):
    """Without this the test above could not fail."""
    app = web.create(paint, lambda: HEALTH)

    async def with_inline_style(scope, receive, send):
        async def adding(message):
            if message["type"] == "http.response.start":
                kept = [h for h in message["headers"] if h[0].lower() != b"content-length"]
                message = message | {"headers": kept}
            elif message["type"] == "http.response.body":
                body = message["body"].replace(b"</head>", b"<style>p{color:red}</style></head>")
                message = message | {"body": body}
            await send(message)

        await app(scope, receive, adding)

    async with served(with_inline_style) as (address, _):
        _, console = await rendered(f"{address}/", WIDE, tmp_path)

    assert any("Content Security Policy" in line for line in console)
