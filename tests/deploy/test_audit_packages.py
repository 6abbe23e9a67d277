"""What an index and a service say of the packages that ship: what is bad is said, and that nothing is known is, too."""

import functools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "audit_packages.py"
ADVISORY = {
    "id": "PYSEC-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "summary": "it says too much",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "invented"}, "versions": ["1.0"]}],
}
WHEEL = "invented-1.0-py3-none-any.whl"
DIGEST = 64 * "b"

Answer = Callable[[str, bytes], bytes | None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Serve what a function says on loopback; None is 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("content-length", 0))
            said = answer(self.path, self.rfile.read(size))
            self.send_response(404 if said is None else 200)
            self.send_header("content-type", "text/html" if said and said.startswith(b"<") else "application/json")
            self.send_header("content-length", str(len(said or b"")))
            self.end_headers()
            self.wfile.write(said or b"")

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the same
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def listed(path: str, _: bytes, *, attributes: str = "") -> bytes | None:
    """An index with one version of one package, whose wheel nobody asks for: its metadata stands beside it."""
    if path == "/simple/invented/":
        link = f'<a href="/{WHEEL}#sha256={DIGEST}" data-core-metadata="true"{attributes}>{WHEEL}</a>'
        return f"<!DOCTYPE html><html><body>{link}</body></html>".encode()
    return b"Metadata-Version: 2.1\nName: invented\nVersion: 1.0\n" if path == f"/{WHEEL}.metadata" else None


def known(path: str, body: bytes, *, bad: bool = False) -> bytes | None:
    """A service in the form of OSV's, which knows of one advisory or of none."""
    if path == "/v1/querybatch":
        assert "invented" in body.decode()
        return json.dumps(
            {"results": [{"vulns": [{"id": ADVISORY["id"], "modified": ADVISORY["modified"]}]} if bad else {}]}
        ).encode()
    return json.dumps(ADVISORY).encode() if path.endswith(str(ADVISORY["id"])) else None


def audited(tmp_path: Path, index: Answer, service: Answer, digest: str = DIGEST) -> tuple[int, str]:
    """Run the script on a lock of one package."""
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"invented==1.0 \\\n    --hash=sha256:{digest}\n")
    with answering(index) as at, answering(service) as osv:
        environ = {
            **os.environ,
            "UV_DEFAULT_INDEX": f"{at}/simple/",
            "UV_CACHE_DIR": str(tmp_path / "cache"),
            "UV_HTTP_RETRIES": "0",
        }
        command = [sys.executable, SCRIPT, lock, "--service", f"{osv}/"]
        ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran.returncode, ran.stdout


def test_nothing_bad_is_said_where_both_were_asked(tmp_path: Path) -> None:
    status, said = audited(tmp_path, listed, known)
    assert (status, said.splitlines()[0]) == (0, "index       nothing bad: 1 locked versions"), said
    assert "advisories  nothing bad" in said


def test_a_known_weakness_is_bad_and_named(tmp_path: Path) -> None:
    status, said = audited(tmp_path, listed, functools.partial(known, bad=True))
    assert (status, "advisories  BAD" in said, "PYSEC-2026-1" in said) == (1, True, True), said


@pytest.mark.parametrize(
    ("index", "digest", "word"),
    [
        (functools.partial(listed, attributes=' data-yanked="broken"'), DIGEST, "is yanked"),
        (listed, 64 * "a", "invented==1.0: not all of its hashes"),
        (lambda _path, _body: b"<!DOCTYPE html><html><body></body></html>", DIGEST, "a locked version is not there"),
    ],
)
def test_what_the_index_took_back_or_changed_is_bad(tmp_path: Path, index: Answer, digest: str, word: str) -> None:
    status, said = audited(tmp_path, index, known, digest)
    assert (status, "index       BAD" in said, word in said) == (1, True, True), said


def test_a_service_that_does_not_answer_is_said_to_be_unknown_not_clean(tmp_path: Path) -> None:
    status, said = audited(tmp_path, listed, lambda _path, _body: None)
    assert (status, "advisories  NOT ASKED, so nothing is known of any" in said) == (3, True), said
    assert "http" not in said
