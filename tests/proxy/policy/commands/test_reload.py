import json
from collections.abc import Callable
from typing import Any

import pytest

from proxy.policy import cli

Run = Callable[..., tuple[int, str]]
NEW, OLD = "a" * 64, "b" * 64
REFUSED = {"message": "p.yaml:1:1: error[x] y (and 1 more)", "diagnostics": ["p.yaml:1:1: error[x] y", "q.yaml:2:1: z"]}


@pytest.mark.parametrize(
    ("result", "code", "lines"),
    [
        ({"sha256": NEW, "changed": True, "previous": OLD}, 0, [f"activated  {NEW}", f"before     {OLD}"]),
        ({"sha256": NEW, "changed": False}, 0, [f"unchanged  {NEW}"]),
        ({"sha256": OLD, "changed": False, "refused": REFUSED}, 3, [*REFUSED["diagnostics"], f"kept       {OLD}"]),
        (
            {"sha256": OLD, "changed": False, "refused": {"message": "no rest", "diagnostics": []}},
            3,
            ["no rest", f"kept       {OLD}"],
        ),
    ],
)
def test_it_prints_what_is_in_force_and_every_reason_why_the_files_are_not(
    run: Run, monkeypatch: pytest.MonkeyPatch, result: dict[str, Any], code: int, lines: list[str]
) -> None:
    monkeypatch.setattr(cli.injected, "reload", lambda: result)
    status, output = run("reload")
    assert (status, output.splitlines()) == (code, lines)


def test_it_prints_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    result = {"sha256": NEW, "changed": True, "previous": OLD}
    monkeypatch.setattr(cli.injected, "reload", lambda: result)
    status, output = run("reload", "--format", "json")
    assert (status, json.loads(output)) == (0, result)


@pytest.mark.parametrize("hook", [None, lambda: None])
def test_without_a_server_there_is_nothing_to_reload(
    run: Run, monkeypatch: pytest.MonkeyPatch, hook: Callable[[], None] | None
) -> None:
    monkeypatch.setattr(cli.injected, "reload", hook)
    status, output = run("reload")
    assert status == 2
    assert "no server runs" in output
