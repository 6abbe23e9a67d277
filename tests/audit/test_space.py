"""When there is too little room on a disk, and what the ballast does about it."""

import errno
import os
import stat
from pathlib import Path

import pytest

from audit import space
from audit.space import MIB, Room, Space, about, floor_of, measure

GIB = 1024 * MIB


class Disk:
    """A disk of a given size, of which the ballast, if it is there, takes its part."""

    def __init__(self, directory: Path, total: int, free: int) -> None:
        self.log, self.total, self.free = directory / "audit.db", total, free
        self.ballast = directory / "audit.db.ballast"

    def measure(self, _: Path) -> Space:
        return Space(self.free - self.held(), self.total)

    def held(self) -> int:
        return self.ballast.stat().st_size if self.ballast.exists() else 0

    def room(self) -> Room:
        return Room(self.log, self.measure)


def test_the_floor_is_a_part_of_a_small_disk_and_256_mib_of_a_large_one() -> None:
    assert [floor_of(total) // MIB for total in (48 * MIB, 5 * GIB, 2000 * GIB)] == [2, 256, 256]


def test_a_real_disk_is_measured(tmp_path: Path) -> None:
    found = measure(tmp_path)
    assert 0 < found.free < found.total
    with pytest.raises(FileNotFoundError):
        measure(tmp_path / "nowhere")


def test_the_ballast_truly_takes_its_room_and_is_for_its_owner_only(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 100 * GIB, 50 * GIB)
    room = disk.room()
    found = disk.ballast.stat()
    assert (found.st_size, stat.S_IMODE(found.st_mode)) == (64 * MIB, 0o600)
    assert found.st_blocks * 512 >= 64 * MIB
    assert disk.ballast.read_bytes().strip(b"\0") == b""
    assert room.state == "ample"
    room.give_up()
    assert not disk.ballast.exists()
    room.give_up()


def test_a_disk_that_fills_up_is_low_then_spent_and_ample_only_when_there_is_well_more_than_the_floor(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path, 100 * GIB, 50 * GIB)
    room = disk.room()

    def look(free: int) -> str:
        """Look while so many MiB are free beside the ballast."""
        disk.free = free * MIB + disk.held()
        return room.look(full=False)

    assert [look(free) for free in (1000, 256, 255, 300, 319, 320, 255)] == [
        *("ample", "ample", "low", "low", "low", "ample", "low"),
    ]
    assert [look(free) for free in (16, 15)] == ["low", "spent"]
    room.give_up()
    assert [look(free) for free in (79, 300, 383)] == ["spent"] * 3
    assert not disk.ballast.exists()
    assert look(384) == "ample"
    assert disk.held() == 64 * MIB


def test_a_log_that_was_told_that_the_disk_is_full_is_believed(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 100 * GIB, 50 * GIB)
    room = disk.room()
    assert room.look(full=True) == "spent"
    room.give_up()
    assert room.look(full=True) == "spent"
    assert room.look(full=False) == "ample"


@pytest.mark.parametrize(("free", "state"), [(127, "spent"), (128, "low"), (383, "low"), (384, "ample")])
def test_a_start_with_little_room_makes_the_ballast_first_or_takes_no_decisions(
    free: int, state: str, tmp_path: Path
) -> None:
    disk = Disk(tmp_path, 100 * GIB, free * MIB)
    assert disk.room().state == state
    assert disk.ballast.exists() == (state != "spent")


def test_a_ballast_that_a_killed_process_left_is_counted_as_room(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 100 * GIB, 400 * MIB)
    disk.room()
    again = disk.room()
    assert (again.state, disk.held()) == ("ample", 64 * MIB)


def test_a_ballast_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    disk = Disk(tmp_path, 100 * GIB, 50 * GIB)
    assert disk.room().state == "spent"
    assert not disk.ballast.exists()


def test_sizes_are_said_rounded(tmp_path: Path) -> None:
    assert [about(count) for count in (0, 200 * MIB + 1, 9 * GIB, 79 * GIB + 7)] == [
        *("0 MiB", "200 MiB", "9216 MiB", "79 GiB"),
    ]
    disk = Disk(tmp_path, 100 * GIB, 200 * MIB)
    assert disk.room().said() == "136 MiB free of 100 GiB, 256 MiB wanted"
    assert space.FLOOR_BYTES == 256 * MIB
