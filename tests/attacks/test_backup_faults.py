"""A backup and a restore that are killed, or fail, at any call: what is left is none or a whole one, and never half."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import watched
from attacks.disk import Disk
from attacks.fortress import ROUNDS
from attacks.lives import REFUSED, Life, Lives
from watched import Call

from audit.access import Records
from audit.backup.manifest import MANIFEST, require_whole
from audit.errors import AuditMismatch
from audit.incidents import RESTORED, still_open
from audit.verification.verifier import verify
from proxy import admin
from proxy.identity import KeyStore
from proxy.settings import Settings
from proxy.state.keys import FILE

STEP = 1 if ROUNDS > 10 else 15
"""Of so many calls, one is tried, and the last ones all."""
LAST = 12


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    if not watched.can_watch():
        pytest.skip("holding the calls of a process needs Linux on x86-64, and its leave to install a filter")
    made = Lives()
    yield made
    made.close()


def cuts(life: Life, disk: Disk, to: Path) -> Iterator[tuple[Path, Call]]:
    """Yield what the disk holds, in the worst case, if the power is cut after each of some calls, or at the end."""
    tried = chosen(life)
    for number, call in enumerate(call for call in life.calls if call.kind != "say"):
        disk.take(call)
        if number in tried:
            disk.save(to / f"{number}")
            yield to / f"{number}", call


class Yard:
    """A folder with an installation, and what is made of it."""

    def __init__(self, lives: Lives, folder: Path, home: Path | None = None) -> None:
        self._lives, self.folder = lives, folder
        self.copy, self.keys, self.new = folder / "copy", folder / "keys", folder / "new"
        if home is not None:
            folder.mkdir()
            shutil.copytree(home, folder / "home")

    def back_up(self, fault: tuple[int, int] = (-1, 0)) -> Life:
        return self._lives.copy("backup", self.folder / "home", self.copy, self.keys, fault=fault)

    def restore(self, fault: tuple[int, int] = (-1, 0)) -> Life:
        return self._lives.copy("restore", self.new, self.copy, self.keys, fault=fault)

    def is_whole(self) -> bool:
        """Whether a backup is taken for one."""
        try:
            for folder, kind in ((self.copy, "data"), (self.keys, "keys")):
                require_whole(folder, kind)  # type: ignore[arg-type]
        except AuditMismatch:
            return False
        return verify(self.copy / "audit.db").ok

    def is_restored(self, secret: str) -> bool:
        """Whether there is a log; if so, it is whole, says what it is, and lets in who was let in."""
        if not (self.new / "audit.db").exists():
            if (self.new / "keys").exists():
                with pytest.raises(AuditMismatch, match="but their log"):
                    admin.open_log(Settings(home=self.new))
            else:
                assert not (self.new / FILE).exists()  # else a server would begin another log, with these API keys
            return False
        assert verify(self.new / "audit.db").ok
        assert [one.body["what"] for one in still_open(Records(self.new / "audit.db"))] == [RESTORED]
        with closing(KeyStore(self.new / FILE)) as keys:
            assert keys.authenticate(secret) is not None
        return True


def chosen(life: Life) -> list[int]:
    """Return numbers of calls: some of all, and each of those by which it ends."""
    count = sum(call.kind != "say" for call in life.calls)
    return sorted({*range(0, count, STEP), *range(count - LAST, count)})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a home, and the secret of its API key."""
    made = tmp_path_factory.mktemp("source") / "home"
    secret = admin.call(Settings(home=made), "key.create", app="crm", team="sales", role="app")["secret"]
    return made, secret


@pytest.mark.parametrize("what", [watched.KILL, errno.ENOSPC, errno.EIO], ids=["kill", "full", "io"])
def test_a_backup_that_was_cut_off_anywhere_is_never_taken_for_one(
    lives: Lives, tmp_path: Path, home: tuple[Path, str], what: int
) -> None:
    first = Yard(lives, tmp_path / "first", home[0])
    life = first.back_up()
    assert first.is_whole()  # the control: a life that nothing happens to
    for number in chosen(life):
        yard = Yard(lives, tmp_path / f"{number}", home[0])
        ended = yard.back_up((number, what))
        assert ended.status != 0 or yard.is_whole(), life.calls[number]
        assert ended.status in (0, REFUSED, -9)
        assert verify(yard.folder / "home" / "audit.db").ok
        shutil.rmtree(yard.folder)


@pytest.mark.parametrize("what", [watched.KILL, errno.ENOSPC], ids=["kill", "full"])
def test_a_restore_that_was_cut_off_anywhere_leaves_no_log_or_a_whole_one_and_can_be_run_again(
    lives: Lives, tmp_path: Path, home: tuple[Path, str], what: int
) -> None:
    first = Yard(lives, tmp_path / "first", home[0])
    first.back_up()
    life = first.restore()
    assert first.is_restored(home[1])
    for number in chosen(life):
        yard = Yard(lives, tmp_path / f"{number}", home[0])
        shutil.copytree(first.copy, yard.copy)
        shutil.copytree(first.keys, yard.keys)
        ended = yard.restore((number, what))
        assert ended.status in (0, REFUSED, -9), life.calls[number]
        if not yard.is_restored(home[1]):
            assert yard.restore().status == 0, life.calls[number]
            assert yard.is_restored(home[1])
        assert (yard.copy / MANIFEST).read_bytes() == (first.copy / MANIFEST).read_bytes()
        shutil.rmtree(yard.folder)


def test_a_power_cut_leaves_no_half_of_a_backup_either(lives: Lives, tmp_path: Path, home: tuple[Path, str]) -> None:
    yard = Yard(lives, tmp_path / "yard", home[0])
    disk = Disk(yard.folder)
    life = yard.back_up()
    whole = 0
    for cut, call in cuts(life, disk, tmp_path):
        left = Yard(lives, cut)
        if any((folder / MANIFEST).exists() for folder in (left.copy, left.keys)):
            assert require_whole(left.keys, "keys").files, call
        if (left.copy / MANIFEST).exists():
            assert left.is_whole(), call
            whole += 1
    assert whole


def test_control_a_backup_that_is_not_synced_is_torn_by_a_power_cut(
    lives: Lives, tmp_path: Path, home: tuple[Path, str]
) -> None:
    yard = Yard(lives, tmp_path / "yard", home[0])
    disk = Disk(yard.folder)
    for call in yard.back_up().calls:
        disk.take(call, failed=call.kind == "sync" and not call.path.endswith("copy"))
    disk.save(tmp_path / "cut")
    assert (tmp_path / "cut" / "copy" / MANIFEST).exists()
    assert not Yard(lives, tmp_path / "cut").is_whole()


def test_a_power_cut_leaves_no_half_of_a_restored_home_either(
    lives: Lives, tmp_path: Path, home: tuple[Path, str]
) -> None:
    yard = Yard(lives, tmp_path / "yard", home[0])
    yard.back_up()
    disk = Disk(yard.folder)
    restored = [Yard(lives, cut).is_restored(home[1]) for cut, _ in cuts(yard.restore(), disk, tmp_path)]
    assert restored[-1]
    assert not all(restored)
