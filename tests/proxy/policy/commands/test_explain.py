import json
from collections.abc import Callable
from pathlib import Path

import pytest
from kept import Kept

from proxy.policy import cli
from proxy.policy.account import NOT_ARCHIVED
from proxy.policy.policy import Policy
from proxy.policy.replay import Skipped, Why

Run = Callable[..., tuple[int, str]]


def test_a_hypothetical_is_answered(folder: Path, run: Run) -> None:
    code, output = run("explain", folder, "--team", "x", "--finding", "ILLNESS=0.52", "--finding", "PLACE=0.9")
    assert code == 0
    assert "decision  pin -> home" in output
    assert "found     health x1 at 0.55" in output
    assert "because   keep it home   [p.yaml:7]" in output


@pytest.mark.parametrize("arguments", [["--finding", "ILLNESS"], ["--finding", "ILLNESS=2"], ["--on", "tomorrow"]])
def test_what_cannot_be_read_is_wrong_usage(folder: Path, run: Run, arguments: list[str]) -> None:
    assert run("explain", folder, *arguments)[0] == 2


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--finding", "ILNESS=0.5"], "did you mean 'ILLNESS'?"),
        (["--endpoint", "chats"], "did you mean 'chat'?"),
        (["--from", "hom"], "did you mean 'home'?"),
        (["--endpoint", "inspect"], "known here: chat, completions, embeddings"),
    ],
)
def test_a_slip_in_a_name_is_not_taken_for_something_new(
    folder: Path, run: Run, arguments: list[str], hint: str
) -> None:
    code, output = run("explain", folder, *arguments)
    assert code == 2
    assert hint in " ".join(output.replace("│", " ").split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--text", "a", "--finding", "ILLNESS=0.5"],
        ["--text", "a", "--request", "b"],
        ["--record", "r", "--finding", "ILLNESS=0.5"],
        ["--record", "r"],  # with the directory
        ["--db", "audit.db"],
        ["--request", "b", "--from", "us"],
    ],
)
def test_one_question_is_asked_at_a_time(folder: Path, run: Run, arguments: list[str]) -> None:
    assert run("explain", folder, *arguments)[0] == 2


def test_an_answer_is_explained_by_the_zone_that_it_comes_from(folder: Path, run: Run) -> None:
    (folder / "a.yaml").write_text(
        "policy: a\nversion: 1\nowner: ann\nrules:\n"
        "  - {id: no-illness, direction: answer, from: [us], if: {class: health}, then: block, because: not this}\n"
    )
    code, output = run("explain", folder, "--from", "us", "--finding", "ILLNESS=0.9")
    assert code == 0
    assert output == (
        "zone      verdict  by\n"
        "us        struck   no-illness\n"
        "decision  block\n"
        "found     health x1 at 0.90\n"
        "because   not this   [a.yaml:5]\n"
    )
    assert "home      used\n" in run("explain", folder, "--from", "home", "--finding", "ILLNESS=0.9")[1]


def test_a_record_is_explained_under_the_bundle_that_decided_whatever_is_configured_now(
    run: Run, policy: Callable[..., Policy], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Kept()
    item = log.add(policy("  - {id: places, if: {class: place}, then: pin, because: b}\n"), {"PLACE": (9,)})
    monkeypatch.setattr(cli.injected, "open_log", lambda _db, _export: log)
    monkeypatch.setenv("RINGFENCE_POLICIES", "/nowhere")
    code, output = run("explain", "--record", "r0")
    assert code == 0
    assert output.startswith(
        f"record    r0\nbundle    {item.bundle}\nasked     x/a/k chat m\ntype      PLACE x1 at 0.45\n"
    )
    assert "us        struck   places" in output
    assert json.loads(run("explain", "--record", "r0", "--format", "json")[1])["decision"] == "pin"


def test_a_record_that_cannot_be_explained_says_why(
    run: Run, policy: Callable[..., Policy], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Kept()
    log.add(policy(), {})
    log.items.append(Skipped("r2", Why.HISTOGRAM))
    monkeypatch.setattr(cli.injected, "open_log", lambda _db, _export: log)
    assert run("explain", "--record", "r2") == (1, f"r2 cannot be explained: {Why.HISTOGRAM}\n")
    assert run("explain", "--record", "r3") == (1, "r3 cannot be explained: there is no decision with this id\n")
    log.policies.clear()
    assert run("explain", "--record", "r0") == (1, f"r0 cannot be explained: {NOT_ARCHIVED}\n")


def test_a_budget_that_is_used_up_is_explained_and_a_slip_in_its_name_is_not(folder: Path, run: Run) -> None:
    budget = "{id: vendors, zones: [us], monthly: 9, then: pin, because: paid}"
    (folder / "money.yaml").write_text(f"policy: money\nversion: 1\nowner: ann\nbudgets: [{budget}]\n")
    code, output = run("explain", folder, "--budget", "vendors")
    assert code == 0
    assert "struck   budget vendors" in output
    assert "because   paid   [money.yaml:4]" in output
    code, output = run("explain", folder, "--budget", "vendor")
    assert code == 2
    assert "did you mean 'vendors'?" in " ".join(output.replace("│", " ").split())
    assert run("explain", folder, "--from", "home", "--budget", "vendors")[0] == 2
