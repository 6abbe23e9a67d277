"""A pack is whole or not there, the same from every store, and of just what was asked for."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from packs import CONSTANTS, ORIGIN, Workshop, members, pack_of, sign, signing, times, write_log
from retained import Retained

from audit.errors import AuditMismatch, AuditUnavailable
from audit.keys import read_signers
from audit.log import AuditLog
from audit.pack import making
from audit.pack.making import Made, Wish
from audit.pack.manifest import Manifest
from audit.pack.verifying import verify_pack
from audit.place import Postgres
from audit.sources import export
from audit.sources.postgres import open_source

ROOT = Path(__file__).parents[3]


@pytest.fixture
def place(workshop: Workshop) -> Path:
    """Return a log of which packs are made; nothing is written to it."""
    return workshop.home / "audit.db"


def shown(pack: Path) -> Manifest:
    return Manifest.decode(members(pack.read_bytes())["manifest.json"])


def bodies(pack: Path) -> list[Any]:
    lines = members(pack.read_bytes())["log/records.jsonl"].splitlines()
    return [json.loads(line) if line else None for line in lines]


def test_everything_up_to_the_newest_checkpoint_is_in_it(place: Path, tmp_path: Path) -> None:
    made = pack_of(place, tmp_path / "a.tar")
    judged = verify_pack(tmp_path / "a.tar")
    assert (judged.report.findings, judged.report.grade) == ((), "signed")
    assert (made.first, made.last, made.rows, made.behind) == (0, made.size - 1, made.size, 1)
    assert made.bytes == (tmp_path / "a.tar").stat().st_size
    assert (made.checkpoints, made.texts, made.signed) == (3, 2, False)
    assert (shown(tmp_path / "a.tar").root, shown(tmp_path / "a.tar").rows) == (made.root, made.rows)


def test_of_a_period_all_between_its_ends_is_there_and_beside_it_what_is_no_request(
    place: Path, tmp_path: Path
) -> None:
    at = times(place)
    made = pack_of(place, tmp_path / "a.tar", Wish(at[6], at[9]))
    assert (made.first, made.last, made.rows) == (6, 8, 3)
    judged = verify_pack(tmp_path / "a.tar")
    assert judged.report.findings == ()
    kinds = [body and body["kind"] for body in bodies(tmp_path / "a.tar")]
    there = [seq for seq, kind in enumerate(kinds) if kind is not None]
    assert there == [0, 1, 2, 5, 6, 7, 8, 9]
    assert kinds[:3] == ["genesis", "writer.start", "policy.activated"]
    assert judged.report.left_out == made.size - len(there)


@pytest.mark.parametrize(("since", "until", "bounds"), [(6, None, (6, -1)), (None, 6, (0, 5)), (0, None, (0, -1))])
def test_a_period_may_have_one_end(
    place: Path, tmp_path: Path, since: int | None, until: int | None, bounds: tuple[int, int]
) -> None:
    at = times(place)
    wish = Wish("" if since is None else at[since], "" if until is None else at[until])
    made = pack_of(place, tmp_path / "a.tar", wish)
    assert (made.first, made.last) == (bounds[0], bounds[1] % made.size)
    assert verify_pack(tmp_path / "a.tar").report.findings == ()


def test_the_same_log_period_and_checkpoint_give_the_same_bytes(
    place: Path, tmp_path: Path, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = times(place)
    with closing(sqlite3.connect(place)) as file, psycopg.connect(database.url, autocommit=True) as shared:
        for table in ("head", "record", "checkpoint", "bundle_text"):
            rows = file.execute(f"SELECT * FROM {table}")  # noqa: S608 - constants
            names = [column[0] for column in rows.description]
            marks = ", ".join(["%s"] * len(names))
            copy = f"INSERT INTO ringfence_audit.{table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
            for row in rows:
                shared.execute(copy, row)
    signer = signing(read_signers(place.parent / "keys")[0])
    for wish in (Wish(), Wish(at[6], at[9]), Wish(as_of=7)):
        made = []
        for number, source in enumerate((place, place, database)):
            monkeypatch.setattr(making, "ROWS", number + 2)
            monkeypatch.setattr(export, "PAGE", number + 3)
            out = tmp_path / f"{number}.tar"
            made.append((pack_of(source, out, wish, sign=signer), out.read_bytes()))
            out.unlink()
        assert made[0] == made[1] == made[2]


def test_a_pack_as_of_an_older_checkpoint_ends_there(place: Path, tmp_path: Path) -> None:
    made = pack_of(place, tmp_path / "a.tar", Wish(as_of=7))
    assert (made.size, made.last, made.checkpoints) == (7, 6, 1)
    assert verify_pack(tmp_path / "a.tar").report.findings == ()
    with pytest.raises(AuditMismatch, match="no checkpoint of 6 records"):
        pack_of(place, tmp_path / "b.tar", Wish(as_of=6))
    for none in (-1, 0, 2**70):
        with pytest.raises(AuditMismatch, match=f"no checkpoint of {none} records"):
            pack_of(place, tmp_path / "b.tar", Wish(as_of=none))


@pytest.mark.parametrize("wish", [Wish("2999-01-01T00:00:00.000000Z"), Wish("", "2001-01-01T00:00:00.000000Z")])
def test_a_period_without_a_record_is_refused(place: Path, tmp_path: Path, wish: Wish) -> None:
    with pytest.raises(AuditMismatch, match="no record"):
        pack_of(place, tmp_path / "a.tar", wish)
    assert list(tmp_path.iterdir()) == []


def test_a_log_without_a_checkpoint_and_one_that_is_not_what_was_signed_are_refused(
    place: Path, tmp_path: Path, specimens: Any
) -> None:
    with pytest.raises(AuditMismatch, match="no checkpoint yet"):
        pack_of(specimens[0].path, tmp_path / "a.tar")
    forged = Path(shutil.copy(place, tmp_path / "audit.db"))
    with closing(sqlite3.connect(forged)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE record SET link = randomblob(32) WHERE seq = 5")
    with pytest.raises(AuditMismatch, match="not the one that was signed"):
        pack_of(forged, tmp_path / "a.tar")
    assert [path.name for path in tmp_path.iterdir() if "tar" in path.name] == []


def test_it_is_recorded_before_it_is_there_and_nothing_is_left_where_that_fails(place: Path, tmp_path: Path) -> None:
    out, told = tmp_path / "a.tar", list[tuple[Made, bool]]()
    made = pack_of(place, out, recorded=lambda made: told.append((made, out.exists())))
    assert told == [(made, False)]
    out.unlink()

    def refuse(_: Made) -> None:
        raise AuditUnavailable("full")

    with pytest.raises(AuditUnavailable):
        pack_of(place, out, recorded=refuse)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_export_leaves_nothing_under_its_name(place: Path, tmp_path: Path) -> None:
    program = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, "tests")
from packs import pack_of
pack_of(Path(sys.argv[1]), Path(sys.argv[2]), recorded=lambda _: os.kill(os.getpid(), signal.SIGKILL))
"""
    arguments = [sys.executable, "-c", program, str(place), str(tmp_path / "out.tar")]
    assert subprocess.run(arguments, cwd=ROOT, check=False).returncode == -9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".out.tar.")


def test_what_a_killed_export_left_stops_no_other_under_its_number(place: Path, tmp_path: Path) -> None:
    (tmp_path / f".out.tar.{os.getpid()}").mkdir()
    pack_of(place, tmp_path / "out.tar")
    assert (tmp_path / "out.tar").is_file()


@pytest.mark.parametrize("there", [Path.touch, Path.mkdir, lambda out: out.symlink_to("nowhere")])
def test_nothing_is_ever_written_over(there: Callable[[Path], None], place: Path, tmp_path: Path) -> None:
    there(tmp_path / "out.tar")
    with pytest.raises(AuditMismatch, match="exists already"):
        pack_of(place, tmp_path / "out.tar")


def test_not_even_what_came_meanwhile(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tar"
    with pytest.raises(FileExistsError):
        pack_of(place, out, recorded=lambda _: out.write_text("mine"))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.tar", "mine")]


def test_it_is_private_to_whoever_made_it(place: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        pack_of(place, tmp_path / "out.tar")
    finally:
        os.umask(before)
    assert (tmp_path / "out.tar").stat().st_mode & 0o777 == 0o600


def test_its_progress_is_told_step_by_step(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "ROWS", 5)
    told: list[tuple[str, int, int]] = []
    at = times(place)
    made = pack_of(place, tmp_path / "a.tar", Wish(at[6]), progress=lambda *said: told.append(said))
    assert list(dict.fromkeys(phase for phase, *_ in told)) == ["looking", "records", "files"]
    ends = {phase: (done, total) for phase, done, total in told}
    assert ends["records"] == (made.size, made.size)
    assert ends["files"][0] == ends["files"][1]


def test_its_record_is_one_that_the_log_takes(place: Path, tmp_path: Path, open_log: Any) -> None:
    at = times(place)
    wish = Wish(at[6], at[9])
    made = pack_of(place, tmp_path / "a.tar", wish)
    body = made.record(wish, "01a1fe6d-0185-7595-b576-122b77425aaa")
    actor = {"kind": "system", "id": "command-line"}
    open_log("other").append_sync("audit.exported", {"actor": actor, **body})
    assert (body["from"], body["to"], body["from_seq"], body["to_seq"], body["form"]) == (*(at[6], at[9]), 6, 8, "pack")
    assert "request" not in made.record(Wish(), None)


def test_that_an_export_was_asked_for_is_kept_whenever_it_was(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_log(home / "audit.db", home)
    actor = {"kind": "system", "id": "command-line"}
    with closing(AuditLog.open(home / "audit.db", keys=home / "keys", origin=ORIGIN, deadline_s=30)) as log:
        for what in ("records", "export", "records"):
            log.append_sync("audit.read", {"actor": actor, "what": what, "filters": [], "rows": 1})
        log.append_sync("config.changed", {"actor": actor, "settings": [], "sha256": "a" * 64})
        log.store_checkpoint(sign(home / "audit.db", home))
    at = times(home / "audit.db")
    pack_of(home / "audit.db", tmp_path / "a.tar", Wish("", at[3]))
    asked = [body["what"] for body in bodies(tmp_path / "a.tar") if body and body["kind"] == "audit.read"]
    assert asked == ["export"]
    assert verify_pack(tmp_path / "a.tar").report.findings == ()


def test_a_summary_is_made_of_the_documents_that_are_in_it(place: Path, tmp_path: Path) -> None:
    constants = replace(CONSTANTS, summary=lambda documents: b"\n".join(documents[name] for name in sorted(documents)))
    pack_of(place, tmp_path / "a.tar", constants=constants)
    files = members((tmp_path / "a.tar").read_bytes())
    documents = [files[name] for name in sorted(files) if name.startswith("evidence/")]
    assert files["summary.html"] == b"\n".join(documents)


@pytest.fixture
def gone(open_log: Any, decision: Any, outcome: Any) -> Any:
    """Return a log of which records were pruned and erased, and some were not."""
    log = open_log()
    made = Retained(log, log.place.parent, decision, outcome)
    made.lose()
    yield made
    made.close()


def test_what_was_pruned_and_erased_is_gone_from_the_pack_as_well_and_it_verifies(
    gone: Retained, tmp_path: Path
) -> None:
    made = pack_of(gone.log.place, tmp_path / "a.tar")
    judged = verify_pack(tmp_path / "a.tar")
    assert judged.report.findings == ()
    assert (judged.report.pruned, judged.report.erased_total) == (gone.verify().pruned, gone.verify().erased_total)
    assert judged.report.left_out + judged.report.erased_total == made.size - made.rows > 0


def test_a_pack_as_of_before_a_prune_is_refused_because_nobody_could_verify_it(gone: Retained, tmp_path: Path) -> None:
    with closing(open_source(gone.log.place)) as source:
        oldest = source.checkpoints(0, 1)[0].size
    with pytest.raises(AuditMismatch, match="pruned or erased behind this checkpoint"):
        pack_of(gone.log.place, tmp_path / "a.tar", Wish(as_of=oldest))
