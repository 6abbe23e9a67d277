import base64
import io
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never

import pytest
from harness import ROOT

from proxy import cli
from proxy.detection.analysis import Analyzer
from proxy.detection.calibration import lowest
from proxy.detection.cli import mask
from proxy.settings import Settings

MAIL = "Please write to desk7@mail.net today."
SURE = lowest("emails", {"EMAIL_ADDRESS": 0.95})["EMAIL_ADDRESS"]
"""What is reported for an address, as measured."""


@dataclass
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(self.out)
        return made


@pytest.fixture
def run(
    analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Call the command line as a shell does, but with models that are loaded already."""
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Analyzer, "of", lambda _: analyzer)

    def call(*arguments: str, text: str | bytes = "") -> Ran:
        raw = text if isinstance(text, bytes) else text.encode()
        monkeypatch.setattr(sys, "argv", ["ringfence", "detect", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return call


def body(*contents: Any) -> str:
    return json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": content} for content in contents]})


def test_findings_of_a_text_are_printed_with_their_place_and_masked(run: Callable[..., Ran]) -> None:
    ran = run(text=MAIL)
    first, last = ran.out.splitlines()
    assert first.split() == ["EMAIL_ADDRESS", f"{SURE:.2f}", "emails", "text", "text:16-30", "d************t"]
    assert last.startswith("1 finding, complete, ")
    assert " ms, detectors " in last
    assert (ran.status, ran.err) == (0, "")
    assert "desk7" not in ran.out


def test_nothing_is_sent_to_anybody(run: Callable[..., Ran], socket_disabled: None) -> None:
    with pytest.raises(UserWarning, match="socket"):
        socket.socket()
    assert run(text=body(MAIL)).status == 0


def test_what_was_found_is_shown_when_asked_for(run: Callable[..., Ran]) -> None:
    assert "desk7@mail.net" in run("--show", text=MAIL).out
    (found,) = run("--show", "--json", text=MAIL).json["findings"]
    assert found["text"] == MAIL[found["start"] : found["end"]] == "desk7@mail.net"


def test_one_json_object_holds_everything(run: Callable[..., Ran], analyzer: Analyzer) -> None:
    ran = run("--json", text=MAIL)
    assert set(ran.json) == {"complete", "findings", "failures", "detectors", "us"}
    assert (ran.json["complete"], ran.json["failures"]) == (True, [])
    assert ran.json["detectors"] == analyzer.loaded.sha256
    assert ran.json["us"] > 0
    assert ran.json["findings"] == [
        {
            "type": "EMAIL_ADDRESS",
            "score": SURE,
            "detector": "emails",
            "path": "text",
            "view": "text",
            "start": 16,
            "end": 30,
            "text": "d************t",
        }
    ]


def test_a_file_is_read_as_well(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text(MAIL)
    assert "EMAIL_ADDRESS" in run(str(tmp_path / "note.txt")).out


def test_a_request_body_has_the_paths_of_records(run: Callable[..., Ran]) -> None:
    ran = run("--json", text=body("hello", [{"type": "text", "text": MAIL}]))
    assert [found["path"] for found in ran.json["findings"]] == ["messages[1].content[0].text"]
    assert ran.json["complete"]


def test_json_that_is_no_request_body_is_a_text(run: Callable[..., Ran]) -> None:
    ran = run("--json", text=json.dumps({"to": "desk7@mail.net"}))
    assert {found["path"] for found in ran.json["findings"]} == {"text"}
    assert run("--json", text='{"messages": 1').json["complete"]


def test_a_part_that_cannot_be_read_makes_the_scan_incomplete(run: Callable[..., Ran]) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://pictures.acme.net/1.png"}}
    ran = run("--json", text=body([{"type": "text", "text": "look"}, image]))
    assert ran.status == 2
    assert not ran.json["complete"]
    assert "image_url" in ran.json["failures"]
    assert ("UNSCANNED", "messages[0].content[1].image_url", None, None) in {
        (found["type"], found["path"], found["view"], found["text"]) for found in ran.json["findings"]
    }
    assert "incomplete: " in run(text=body([image])).out


def test_a_text_that_cannot_be_inspected_makes_the_scan_incomplete(run: Callable[..., Ran]) -> None:
    noise = base64.b64encode(bytes((n * 37 + 129) % 256 | 0x80 for n in range(200))).decode()
    ran = run("--json", text=noise)
    assert (ran.status, ran.json["complete"], ran.json["failures"]) == (2, False, ["binary"])
    assert [(found["type"], found["path"]) for found in ran.json["findings"]] == [("UNSCANNED", "text")]


def test_findings_fail_only_where_that_was_asked_for(run: Callable[..., Ran]) -> None:
    assert run(text=MAIL).status == 0
    assert run("--fail-on-findings", text=MAIL).status == 3
    assert run("--fail-on-findings", text="Hello there.").status == 0


def test_the_detectors_are_listed_with_their_types_and_the_digest(run: Callable[..., Ran], analyzer: Analyzer) -> None:
    ran = run("--detectors")
    *rows, last = ran.out.splitlines()
    assert {row.split()[0] for row in rows} >= {"kingfisher", "spacy", "emails", "identifiers"}
    assert [row.split()[1] for row in rows if row.startswith("emails ")] == ["EMAIL_ADDRESS"]
    assert last == f"detectors {analyzer.loaded.sha256}"
    assert ran.status == 0


def test_each_line_is_answered_in_a_line(run: Callable[..., Ran]) -> None:
    lines = [
        json.dumps(MAIL),
        body(MAIL),
        json.dumps({"id": 7, "text": MAIL}),
        "",
        json.dumps({"to": "desk7@mail.net", "text": "x"}),
        "nonsense",
        "[1]",
        '{"messages": []}',
        '"fine"',
    ]
    ran = run("--lines", text="\n".join(lines))
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [len(row["findings"]) for row in rows] == [1, 1, 1, 1, 0, 0, 0, 0]
    assert [row["complete"] for row in rows] == [True, True, True, True, False, False, False, True]
    assert [row["failures"] for row in rows[4:7]] == [["invalid_json"], ["invalid_json"], ["invalid_request"]]
    assert rows[2]["id"] == 7
    assert rows[2]["findings"][0]["start"] == 16
    assert ran.status == 2
    assert ran.err == ""
    assert run("--lines", "--fail-on-findings", text=json.dumps(MAIL)).status == 3


@pytest.mark.parametrize(
    ("arguments", "text", "says"),
    [
        (["/nowhere/at-all"], "", "No such file"),
        ([], b"secret \xff", "not valid UTF-8"),
        ([], '{"messages": []}', "'messages' must be a non-empty array"),
        ([], '{"messages": [], "messages": [{}]}', "twice"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_status_1(
    arguments: list[str], text: str | bytes, says: str, run: Callable[..., Ran]
) -> None:
    ran = run(*arguments, text=text)
    assert (ran.status, ran.out) == (1, "")
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_fault_of_ours_is_told_without_the_text(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Never:
        raise ValueError(MAIL)

    monkeypatch.setattr(Analyzer, "of", broken)
    ran = run(text=MAIL)
    assert (ran.status, ran.out, ran.err) == (2, "", "ringfence: the scan failed: ValueError\n")


def test_no_text_can_speak_to_the_terminal(run: Callable[..., Ran]) -> None:
    ran = run("--show", text="password = 'hunter2\x1b[31m\x07hunter2!'")
    assert "\x1b" not in ran.out
    assert "\x07" not in ran.out


def test_short_values_are_masked_wholly_and_long_ones_do_not_tell_their_length() -> None:
    assert mask("123") == "***"
    assert mask("hunter2") == "h*****2"
    assert len(mask("x" * 5000)) == 16
    assert mask("") == ""


def test_it_runs_from_a_shell_with_the_settings_of_a_server(tmp_path: Path, analyzer: Analyzer) -> None:
    cache = {"RINGFENCE_CACHE": str(Settings().cache)}  # rules that `analyzer` has compiled

    def shell(**environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "proxy", "detect", "--json"],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **cache, **environ},
            input=MAIL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    ran = shell()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [found["type"] for found in json.loads(ran.stdout)["findings"]] == ["EMAIL_ADDRESS"]
    refused = shell(RINGFENCE_DETECT_MODEL="no_such_model")
    assert refused.returncode == 1
    assert "no_such_model is not installed" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
