"""The command line of the single file, in this process: its words, its exit codes, and what it writes."""

import json
from pathlib import Path

import pytest
from packs import Workshop, members

from audit.pack.command import line, main, sample_as_json, sample_lines
from audit.pack.rules import InForce, RuleText
from audit.pack.sampling import Asked, Sample, Sampled
from audit.proofs.checkpoint import Proof

PAGE_OF_TRUST = "log {}\nquorum none\n"


@pytest.fixture
def pack(workshop: Workshop, tmp_path: Path) -> Path:
    path = tmp_path / "a.tar"
    path.write_bytes(workshop.whole)
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_pack_is_judged_in_words_with_what_is_not_proved(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, pack)
    assert (code, err) == (0, "")
    assert "grade      signed" in out
    assert "signed by log.example/audit+" in out
    assert "every document follows from the records. This does not prove" in out
    assert "bring it with --trust" in out


def test_what_was_brought_counts(pack: Path, workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    trust = pack.with_name("trust")
    trust.write_text(PAGE_OF_TRUST.format(workshop.signer.vkey.encode()))
    assert "bring it with --trust" not in run(capsys, pack, "--trust", trust)[1]
    heads = pack.with_name("heads")
    heads.write_bytes(members(workshop.whole)["log/checkpoints"])
    assert json.loads(run(capsys, pack, "--trust", trust, "--trust", heads, "--json")[1])["grade"] == "anchored"
    trust.write_text(PAGE_OF_TRUST.format(workshop.stranger.vkey.encode()))
    code, out, _ = run(capsys, pack, "--trust", trust)
    assert (code, "CHECKPOINT_SIG" in out) == (1, True)


def test_a_receipt_that_the_pack_does_not_meet_is_found(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, pack, "--receipt", f"3:{'0' * 64}")
    assert (code, "RECEIPT          3: " in out) == (1, True)
    assert run(capsys, pack, "--receipt", f"999:{'0' * 64}")[0] == 1


def test_a_report_for_machines_says_what_the_pack_is(
    pack: Path, workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    said = json.loads(run(capsys, pack, "--json")[1])
    assert (said["ok"], said["grade"], said["findings"]) == (True, "signed", [])
    assert said["pack"]["signed_by"] == workshop.signer.vkey.encode()
    assert (said["pack"]["first"], said["pack"]["rows"], said["pack"]["documents"] > 5) == (0, said["size"], True)
    pack.write_bytes(b"no pack")
    said = json.loads(run(capsys, pack, "--json")[1])
    assert (said["ok"], said["pack"], said["findings"][0]["code"]) == (False, {}, "PACK")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["{pack}", "--receipt", "nonsense"], "SEQ:LINK"),
        (["{pack}", "--trust", "{pack}.none"], "cannot be read"),
        (["{pack}.none"], "cannot be read"),
        (["sample", "{pack}", "--nonce", "", "--count", "1"], "nonce"),
        (["sample", "{pack}", "--nonce", "x", "--count", "1", "--where", "x"], "NAME=VALUE"),
        (["sample", "{pack}", "--nonce", "x", "--count", "1", "--out", "{folder}"], "exists"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    pack: Path, words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *(word.format(pack=pack, folder=pack.parent) for word in words))
    assert (code, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1


def test_a_malformed_file_of_trust_is_named_with_its_line(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust = pack.with_name("trust")
    trust.write_text("quorum none\nnonsense\n")
    assert f"{trust}:2: " in run(capsys, pack, "--trust", trust)[2]


def test_a_sample_is_shown_and_written(pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sample"
    words = ("sample", pack, "--nonce", "x", "--count", 2, "--where", "decision=pin", "--out", out)
    code, said, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert "population 2 records (decision=pin), of which 2 were drawn" in said
    assert "rule       keep-home (pin), house.yaml:6" in said
    assert '    because: "What is personal stays at home."' in said
    assert said.count("then       {") == 2
    whole = json.loads((out / "sample.json").read_bytes())
    for record in whole["records"]:
        assert (out / f"{record['seq']}.json").read_text() == record["body"] + "\n"
        assert Proof.decode((out / f"{record['seq']}.tlog-proof").read_bytes()).index == record["seq"]
    assert json.loads(run(capsys, *words[:-2], "--json")[1]) == whole


def test_nothing_is_sampled_from_a_pack_that_does_not_verify(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack.write_bytes(pack.read_bytes() + b"x")
    code, out, _ = run(capsys, "sample", pack, "--nonce", "x", "--count", 2)
    assert code == 1
    assert "PACK" in out
    assert "seed" not in out


def test_nothing_in_a_sample_steers_a_terminal() -> None:
    rule = RuleText("keep", "pin", "a\x1b[2J.yaml\nrecord     4", 3, "  - id: keep\n    because: \x1b]0;x\x07\u202e")
    drawn = Sample("0" * 64, 1, (Sampled(3, b'{"a":"\xc2\x9b"}', b"", InForce("b", 1, "f", (rule,)), (b"\x1b",)),))
    said = "\n".join(sample_lines(drawn, Asked.parse("x", 1, ("team=\x1b",))))
    assert all(mark == "\n" or mark.isprintable() for mark in said)
    assert "a?[2J.yaml?record     4:3" in said
    assert line(sample_as_json(drawn)).isascii()


def test_the_help_shows_how_a_sample_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "verify.py sample PACK.tar --nonce WORDS" in capsys.readouterr().out
