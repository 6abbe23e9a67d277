from pathlib import Path

import pytest

from audit.proofs.vkey import ED25519, Signer, VerifierKey
from proxy.approvals.signers import read_signers
from proxy.files.diagnostics import FileRefused

ANN, BOB = Signer.generate("ann@acme.example").vkey, Signer.generate("bob").vkey


def test_keys_stand_one_a_line_with_comments_between_them(tmp_path: Path) -> None:
    file = tmp_path / "signers"
    file.write_text(f"# security\n\n{ANN.encode()}\r\n   # operations\n  {BOB.encode()}  ")
    assert read_signers(file) == (ANN, BOB)


def test_a_file_without_keys_knows_nobody(tmp_path: Path) -> None:
    (tmp_path / "signers").write_text("# nobody yet\n")
    assert read_signers(tmp_path / "signers") == ()


@pytest.mark.parametrize(
    "line",
    [
        "ann@acme.example",
        ANN.encode()[:-1],
        ANN.encode() + " # ann",
        Signer.generate("ann").encode(),
        VerifierKey("ann", ED25519 + 1, ANN.key).encode(),
        VerifierKey("ann", ED25519, ANN.key[:-8]).encode(),
        Signer.generate("Jürgen").vkey.encode(),
        "\udcff",
    ],
    ids=["name", "cut", "comment", "private", "type", "short", "letter", "bytes"],
)
def test_a_line_that_is_no_key_refuses_the_file_and_is_not_repeated(line: str, tmp_path: Path) -> None:
    (tmp_path / "signers").write_bytes(f"{BOB.encode()}\n{line}\n".encode("utf-8", "surrogateescape"))
    with pytest.raises(FileRefused) as refused:
        read_signers(tmp_path / "signers")
    assert str(refused.value).startswith("signers:2:1: error[not-a-key]")
    assert line not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="unreadable"):
        read_signers(tmp_path / "signers")
