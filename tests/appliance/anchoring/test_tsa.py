"""Time stamps from an authority of openssl's own, asked over HTTP and verified by two programs."""

from __future__ import annotations

import json
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from appliance.anchoring.anchor import Failed
from appliance.ledger.anchors import timestamp
from appliance.ledger.errors import LedgerError
from appliance.ledger.note import parts

CONFIGURATION = """
[ext]
extendedKeyUsage = critical,timeStamping
[tsa]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
"""


def openssl(*arguments, **named):
    return subprocess.run(
        ["openssl", *map(str, arguments)], check=True, capture_output=True, **named
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A folder with root.pem and a TSA below it."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "serial").write_text("01\n")
    (folder / "conf").write_text(CONFIGURATION.format(folder=folder))
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", folder / "root.key", "-out", folder / "root.pem",
            "-subj", "/CN=root", "-days", "30")  # fmt: skip
    openssl("req", *key, "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr",
            "-subj", "/CN=tsa")  # fmt: skip
    openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "root.pem", "-CAkey",
            folder / "root.key", "-CAcreateserial", "-out", folder / "tsa.pem", "-days", "30",
            "-extfile", folder / "conf", "-extensions", "ext")  # fmt: skip
    return folder


@pytest.fixture
def served(authority, tmp_path):
    """The authority's address; `spoil` changes its next answers."""
    spoil = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            query = tmp_path / "query.tsq"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            if spoil and spoil[0] == "replay":
                body = spoil[1]
            else:
                body = openssl("ts", "-reply", "-config", authority / "conf", "-section", "tsa",
                               "-queryfile", query).stdout  # fmt: skip
            if spoil and spoil[0] == "flip":
                body = body[:-5] + bytes([body[-5] ^ 1]) + body[-4:]
            self.send_response(500 if spoil == ["500"] else 200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/tsr", spoil
    server.shutdown()
    server.server_close()


@pytest.fixture
def configured(site, served, authority):
    folder = site(f'anchors: [{{id: time, kind: tsa, url: "{served[0]}", roots: root.pem}}]\n')
    (folder / "root.pem").write_bytes((authority / "root.pem").read_bytes())
    return folder


async def test_a_stamp_is_an_entry_whose_token_openssl_verifies_too(
    rounds, configured, anchoring, authority, tmp_path
):
    async with rounds(configured) as appliance:
        await appliance.store.commit([b"{}"])
        duty = await anchoring(appliance)
        duty._start_due()
        await duty._kept["time"].task
        entries = [json.loads(b) async for _, b in appliance.store.entries()]
        entry = entries[-1]
        token = await appliance.store.content(entry["content"])

    assert (entry["type"], entry["size"], entry["policy"]) == ("anchor.tsa", 1, "1.2.3.4")
    (tmp_path / "token.tsr").write_bytes(token)
    (tmp_path / "text").write_bytes(parts(entry["note"])[0].encode())
    said = openssl("ts", "-verify", "-in", tmp_path / "token.tsr", "-data", tmp_path / "text",
                   "-CAfile", authority / "root.pem").stdout  # fmt: skip
    assert b"Verification: OK" in said
    assert duty.pictures()[0].trouble == ""


@pytest.mark.parametrize(
    ("how", "said"), [("flip", "does not verify|no RFC 3161"), ("500", r"refused \(500\)")]
)
async def test_a_spoiled_answer_is_no_receipt(rounds, configured, anchoring, served, how, said):
    served[1].append(how)
    async with rounds(configured) as appliance:
        duty = await anchoring(appliance)
        with pytest.raises(Failed, match=said):
            await duty.anchors[0].take()


async def test_an_old_answer_replayed_is_no_receipt(rounds, configured, anchoring, served):
    async with rounds(configured) as appliance:
        await appliance.store.commit([b"{}"])
        duty = await anchoring(appliance)
        receipt = await duty.anchors[0].take()
        served[1][:] = ["replay", receipt.token]
        with pytest.raises(Failed, match="Nonce mismatch"):
            await duty.anchors[0].take()


def test_a_stamp_over_other_data_or_of_another_root_does_not_verify(authority, tmp_path):
    asked = timestamp.request(b"one")
    (tmp_path / "q").write_bytes(asked.octets)
    answer = openssl("ts", "-reply", "-config", authority / "conf", "-section", "tsa",
                     "-queryfile", tmp_path / "q").stdout  # fmt: skip
    roots = (authority / "root.pem").read_bytes()

    assert timestamp.verified(answer, b"one", roots, asked.nonce).policy == "1.2.3.4"
    with pytest.raises(LedgerError, match="does not verify"):
        timestamp.verified(answer, b"two", roots, asked.nonce)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", tmp_path / "k", "-out", tmp_path / "other.pem", "-subj", "/CN=other")  # fmt: skip
    with pytest.raises(LedgerError, match="does not verify"):
        timestamp.verified(answer, b"one", (tmp_path / "other.pem").read_bytes(), asked.nonce)
    with pytest.raises(LedgerError, match="no PEM certificates"):
        timestamp.verified(answer, b"one", b"nonsense", asked.nonce)
    with pytest.raises(LedgerError, match="no RFC 3161"):
        timestamp.verified(b"nonsense", b"one", roots, asked.nonce)
