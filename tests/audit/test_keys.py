"""Key files: made once, readable by their owner alone, and never replaced in silence."""

import os
from pathlib import Path

import pytest

from audit import keys
from audit.errors import AuditMismatch
from audit.proofs.vkey import VerifierKey

ORIGIN = "log.example/audit"


def test_keys_are_read_back_as_they_were_made(tmp_path: Path) -> None:
    directory = tmp_path / "keys"
    assert not keys.exist(directory)
    made = keys.create(directory, ORIGIN)
    loaded = keys.load(directory)
    assert keys.exist(directory)
    assert loaded.vkey == made.vkey == VerifierKey.decode(made.vkey.encode())
    assert loaded.vkey.name == ORIGIN
    assert [signer.vkey for signer in keys.read_signers(directory)] == [loaded.vkey]
    assert loaded.master == made.master
    assert len(set(made.master)) > 8
    assert keys.unfinished(directory)
    keys.finish(directory)
    assert not keys.unfinished(directory)


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    directory = tmp_path / "keys"
    keys.create(directory, ORIGIN)
    assert directory.stat().st_mode & 0o777 == 0o700
    for name in (keys.SIGNING, keys.VERIFYING, keys.MASTER):
        assert (directory / name).stat().st_mode & 0o777 == 0o600
    (directory / keys.MASTER).chmod(0o640)
    with pytest.raises(AuditMismatch, match="0600"):
        keys.load(directory)
    (directory / keys.SIGNING).chmod(0o640)
    with pytest.raises(AuditMismatch, match="0600"):
        keys.read_signers(directory)


def test_a_server_needs_no_signing_key_and_makes_the_other_one_where_it_is_not_there_yet(tmp_path: Path) -> None:
    made = keys.create(tmp_path, ORIGIN)
    keys.finish(tmp_path)
    (tmp_path / keys.VERIFYING).unlink()
    assert keys.exist(tmp_path)
    assert keys.load(tmp_path).vkey == made.vkey
    (tmp_path / keys.SIGNING).unlink()
    assert keys.exist(tmp_path)
    assert keys.load(tmp_path) == made
    with pytest.raises(AuditMismatch, match="cannot be read"):
        keys.read_signers(tmp_path)


@pytest.mark.parametrize("name", [keys.SIGNING, keys.VERIFYING, keys.MASTER])
@pytest.mark.parametrize("content", ["", "zz", "PRIVATE+KEY+a+b+c", "é"])
def test_a_malformed_file_is_refused_without_repeating_it(name: str, content: str, tmp_path: Path) -> None:
    keys.create(tmp_path, ORIGIN)
    (tmp_path / name).write_text(content)
    with pytest.raises(AuditMismatch) as caught:
        keys.read_signers(tmp_path) if name == keys.SIGNING else keys.load(tmp_path)
    assert content == "" or content not in str(caught.value).replace(str(tmp_path), "")


def test_half_of_the_keys_is_refused(tmp_path: Path) -> None:
    keys.create(tmp_path, ORIGIN)
    keys.finish(tmp_path)
    (tmp_path / keys.MASTER).unlink()
    with pytest.raises(AuditMismatch, match="only one"):
        keys.exist(tmp_path)


def test_a_secret_is_never_written_over_another(tmp_path: Path) -> None:
    keys.write_secret(tmp_path / "key", b"one")
    with pytest.raises(FileExistsError):
        keys.write_secret(tmp_path / "key", b"two")
    assert keys.read_secret(tmp_path / "key") == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_secret_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError("the disk is broken")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="broken"):
            keys.write_secret(tmp_path / "key", b"one")
    assert list(tmp_path.iterdir()) == []
    keys.write_secret(tmp_path / "key", b"one")


def test_an_interrupted_creation_is_begun_again(tmp_path: Path) -> None:
    first = keys.create(tmp_path, ORIGIN)
    for name in (keys.SIGNING, keys.VERIFYING):
        (tmp_path / name).unlink()
    assert keys.create(tmp_path, ORIGIN).master != first.master
    assert keys.unfinished(tmp_path)


def test_keys_that_are_there_are_used_without_a_change_to_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.create(tmp_path / "keys", ORIGIN)
    keys.finish(tmp_path / "keys")
    for change in ("unlink", "touch", "mkdir", "hardlink_to"):  # each fails where nothing can be written
        monkeypatch.setattr(Path, change, lambda *_, **__: pytest.fail("the folder may be read-only"))
    assert keys.exist(tmp_path / "keys")
    keys.load(tmp_path / "keys")
    keys.finish(tmp_path / "keys")


def test_whoever_is_to_go_on_with_a_log_needs_these_files(tmp_path: Path) -> None:
    keys.create(tmp_path, ORIGIN)
    keys.write_secret(tmp_path / "audit-signing-0123abcd.key", b"a further one")
    found = [path.name for path in keys.files(tmp_path)]
    assert sorted(found) == sorted({path.name for path in tmp_path.iterdir()} - {keys.UNFINISHED})
