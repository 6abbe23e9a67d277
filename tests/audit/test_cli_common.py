"""How commands end, and how they show how far they are."""

import os
import sys
from pathlib import Path

import pytest

from audit import cli_common
from audit.errors import AuditMismatch, AuditUnavailable


def test_why_something_cannot_be_done_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    place = Path("some.db")
    for ended in (
        cli_common.stop("because"),
        cli_common.unreadable(place, AuditUnavailable("corrupt")),
        cli_common.unreadable(place, AuditMismatch("other.db is none")),
    ):
        assert ended.exit_code == 2
    lines = ["because", "some.db: the audit log cannot be used: corrupt", "other.db is none"]
    assert capsys.readouterr().err.splitlines() == lines


def test_a_bar_is_shown_on_a_terminal_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with cli_common.progress(json=False) as progress:
        assert progress is None
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with cli_common.progress(json=True) as progress:
            assert progress is None
        with cli_common.progress(json=False) as progress:
            assert progress is not None
            progress(1, 2)
            cli_common.bar(0, 0, "bytes")
    shown = ""
    while not shown.endswith("\x1b[K"):  # what was written at two times may be read at two times
        shown += os.read(ours, 4096).decode()
    os.close(ours)
    half, full = "#" * 20 + "-" * 20, "#" * 40
    assert shown == f"\r[{half}]  50%  1 of 2 records\r[{full}] 100%  0 of 0 bytes\r\x1b[K"
