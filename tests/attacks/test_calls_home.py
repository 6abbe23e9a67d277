"""Nobody is called but who is configured: a server with real detection, and commands, with every connection traced."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from attacks.traced import TRACE, possible, reached, under
from harness import QUICK, ROOT, Ringfence, StandIn, chat_body, eventually, ringfence, upstreams_file

from audit.place import Postgres

pytestmark = pytest.mark.skipif(not possible(), reason="these tests need strace")
MAIL = "jane.doe@" + "nordwind-klinik.de"
ASKED = (f"Write to {MAIL}, or see https://status.example.com and call +49 30 901820.", "What is a monad?")
DETECTORS = """
presidio:  # of all classes, those that would fetch a list or a model if they were let
  - {name: mails, class: EmailRecognizer, types: {EMAIL_ADDRESS: EMAIL_ADDRESS}}
  - {name: sites, class: UrlRecognizer, types: {URL: EMAIL_ADDRESS}}
  - {name: numbers, class: PhoneRecognizer, types: {PHONE_NUMBER: PHONE_NUMBER}}
"""


def at(url: str) -> tuple[str, int]:
    found = urlsplit(url)
    return str(found.hostname), int(found.port or 5432)


@pytest.fixture
def traced(
    tmp_path: Path, vendor: StandIn, own: StandIn, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ringfence]:
    """A server as it is run: it asks its model servers how they are, and signs."""
    (tmp_path / "detectors.yaml").write_text(DETECTORS)
    monkeypatch.setenv(TRACE, str(tmp_path / "trace"))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with ringfence(
        tmp_path / "home",
        upstreams_file(tmp_path / "upstreams.yaml", vendor, own),
        launcher=(str(ROOT / "tests" / "attacks" / "traced.py"),),
        audit_url=database.url,
        detectors=tmp_path / "detectors.yaml",
        upstream_health_s=1,
    ) as server:
        yield server


def test_a_server_reaches_its_model_servers_its_log_and_itself(
    traced: Ringfence, tmp_path: Path, vendor: StandIn, own: StandIn, database: Postgres
) -> None:
    trace = tmp_path / "trace"
    with traced.client() as client:
        for text in ASKED:
            assert client.post("/v1/chat/completions", json=chat_body(text)).status_code == 200
            assert client.post("/ringfence/v1/inspect", json=chat_body(text)).status_code == 200
        eventually(lambda: [seen for seen in own.requests if seen.method == "GET"], 30)
    assert (len(own.posts) > 0, len(vendor.posts) > 0) == (True, True)
    expected = {at(vendor.url), at(own.url), at(database.url), at(traced.url)}
    assert traced.stop() == 0
    eventually(lambda: re.search(rf"^{traced.process.pid} .*exited with 0", trace.read_text(), re.MULTILINE))
    assert reached(trace) <= expected
    assert {at(vendor.url), at(own.url), at(database.url)} <= reached(trace), "control: it sees these"


def traced_command(trace: Path, *arguments: str, text: str = "", **environ: str) -> set[tuple[str, int]]:
    """Run a command to its end, and return what it tried to reach."""
    command = under(trace, sys.executable, *arguments)
    given = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")} | environ
    ran = subprocess.run(command, cwd=ROOT, env=given, input=text, capture_output=True, text=True, check=False)
    assert ran.returncode in {0, 1}, ran.stderr  # what is found may be bad
    assert "Traceback" not in ran.stderr, ran.stderr
    return reached(trace)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, cloud: StandIn, onprem: StandIn) -> Path:
    """What a server left behind."""
    made = tmp_path_factory.mktemp("left")
    with ringfence(made, upstreams_file(made / "upstreams.yaml", cloud, onprem), **QUICK):
        return made


@pytest.mark.parametrize("arguments", ["detect", "audit verify", "policy lint policies", "key list"])
def test_commands_that_need_nobody_reach_nobody(arguments: str, tmp_path: Path, home: Path) -> None:
    environ = {"RINGFENCE_HOME": str(home), "RINGFENCE_UPSTREAMS": str(home / "upstreams.yaml")}
    assert traced_command(tmp_path / "trace", "-m", "proxy", *arguments.split(), text=ASKED[0], **environ) == set()


@pytest.mark.parametrize("arguments", ["upstreams check", "doctor"])
def test_commands_that_examine_model_servers_reach_these_alone(
    arguments: str, tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    file = upstreams_file(tmp_path / "upstreams.yaml", vendor, own)
    environ = {"RINGFENCE_HOME": str(tmp_path / "home"), "RINGFENCE_UPSTREAMS": str(file), "VENDOR_KEY": "x"}
    found = traced_command(tmp_path / "trace", "-m", "proxy", *arguments.split(), **environ)
    assert found == {at(vendor.url), at(own.url)}


CALLER = """
import os, socket, sys
if os.fork() == 0:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.sendto(b"x", ("127.0.0.1", int(sys.argv[2])))
    os._exit(0)
os.wait()
socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET).connect_ex((sys.argv[1], int(sys.argv[2])))
print("called")
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_call_of_a_child_or_by_another_family_is_seen(host: str, tmp_path: Path) -> None:
    """Control: by TCP and by UDP, refused or not."""
    found = traced_command(tmp_path / "trace", "-c", CALLER, host, "9")
    assert found == {("127.0.0.1", 9), (host, 9)}
