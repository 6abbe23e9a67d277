"""The signer signs that a pack is of its log, and nothing that could be taken for anything else."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from packs import ORIGIN, sign, write_log

from audit.keys import FURTHER, read_signers, write_secret
from audit.log import AuditLog
from audit.pack.manifest import statement
from audit.proofs.checkpoint import Checkpoint, MalformedCheckpoint
from audit.proofs.keyring import key_id
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.signing import statements
from audit.signing.signer import State, load_state

SHA = "a" * 64


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("home")
    write_log(made / "audit.db", made)
    return made


def state_of(home: Path) -> State:
    found = load_state(home / "signer")
    assert found is not None
    return found


def test_a_manifest_of_what_was_signed_is_signed_by_the_key_of_the_log(home: Path) -> None:
    state, signers = state_of(home), read_signers(home / "keys")
    for size in (1, state.size):
        text = statement(state.log_id.hex(), size, SHA)
        note = statements.sign(text, state, signers)
        assert note is not None
        assert Note.decode(note).text == text
        assert Note.decode(note).verified([signers[0].vkey]) == (signers[0].vkey,)


@pytest.mark.parametrize(
    "change",
    [
        lambda text, _: text.replace("ringfence.pack/v1", "ringfence.pack/v2"),
        lambda text, _: text + "more\n",
        lambda text, _: text.removesuffix("\n"),
        lambda text, _: text.upper(),
        lambda text, state: text.replace(f"\n{state.size}\n", f"\n{state.size + 1}\n"),
        lambda text, state: text.replace(f"\n{state.size}\n", "\n0\n"),
        lambda text, state: text.replace(f"\n{state.size}\n", f"\n0{state.size}\n"),
        lambda text, state: text.replace(state.log_id.hex(), "0" * 32),
        lambda _, state: Checkpoint(ORIGIN, state.size, bytes(32)).encode(),
        lambda *_: "",
    ],
)
def test_nothing_else_is_signed(home: Path, change: Callable[[str, State], str]) -> None:
    state = state_of(home)
    text = statement(state.log_id.hex(), state.size, SHA)
    assert statements.sign(text, state, read_signers(home / "keys")) is not None
    assert statements.sign(change(text, state), state, read_signers(home / "keys")) is None


def test_a_signer_that_signed_nothing_yet_or_holds_no_key_of_the_log_signs_no_manifest(home: Path) -> None:
    state = state_of(home)
    text = statement(state.log_id.hex(), state.size, SHA)
    assert statements.sign(text, None, read_signers(home / "keys")) is None
    assert statements.sign(text, state, [Signer.generate(ORIGIN)]) is None


@pytest.fixture
def rotated(tmp_path: Path) -> tuple[State, Signer, Signer]:
    """Return a signer's state after a second key was introduced, and the first one was retired."""
    write_log(tmp_path / "audit.db", tmp_path)
    old, new = read_signers(tmp_path / "keys")[0], Signer.generate(ORIGIN)
    name = key_id(new.vkey)
    write_secret(tmp_path / "keys" / FURTHER.replace("*", name), new.encode().encode() + b"\n")
    log = AuditLog.open(tmp_path / "audit.db", keys=tmp_path / "keys", origin=ORIGIN, deadline_s=30)
    with closing(log):
        log.append_sync("key.introduced", {"usage": "checkpoint", "key_id": name, "vkey": new.vkey.encode()})
        log.store_checkpoint(sign(tmp_path / "audit.db", tmp_path))
        size = state_of(tmp_path).size
        log.append_sync("key.retired", {"usage": "checkpoint", "key_id": key_id(old.vkey), "size": size})
        log.store_checkpoint(sign(tmp_path / "audit.db", tmp_path))
    return state_of(tmp_path), old, new


def test_a_key_signs_only_manifests_of_sizes_for_which_it_may_and_none_once_it_has_ended(
    rotated: tuple[State, Signer, Signer],
) -> None:
    state, old, new = rotated
    text = statement(state.log_id.hex(), state.size, SHA)
    note = statements.sign(text, state, [old, new])
    assert note is not None
    assert Note.decode(note).verified([old.vkey, new.vkey]) == (new.vkey,)
    assert statements.sign(statement(state.log_id.hex(), 2, SHA), state, [old, new]) is None


def test_the_text_can_be_taken_for_no_checkpoint_of_any_log() -> None:
    for log_id in ("0" * 32, "1" * 32, "a" * 32):
        for size in (0, 1, 2**53 - 1):
            with pytest.raises(MalformedCheckpoint):
                Checkpoint.decode(statement(log_id, size, SHA))
            first, second, *_ = statement(log_id, size, SHA).split("\n")
            assert (first, second) == ("ringfence.pack/v1", log_id)
            assert int(second, 16) == 0 or int(second, 16) > 2**63, "not the size of any log"
