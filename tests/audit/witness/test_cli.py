"""A witness as a process: its key, what it refuses to start with, and what a kill leaves behind."""

import http.client
import os
import random
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner
from witnessing import LOG, History, WitnessProcess, cosignature

from audit.proofs.checkpoint import Checkpoint
from audit.proofs.cosignature import Cosigner
from audit.proofs.vkey import Signer
from audit.witness.cli import witness
from audit.witness.request import AddCheckpoint

A, B = History("a", 3), History("b", 3)
ROUNDS = 5 if int(os.environ.get("RINGFENCE_TEST_EXAMPLES", "0")) == 0 else 100
FORGETFUL = """
from audit.witness import book
connect = book.sqlite3.connect
book.sqlite3.connect = lambda path, **more: connect(':memory:', **more)
"""
"""The control: a witness that signs what it did not store."""
UNSIGNED_FIRST = """
import os
from audit.proofs.cosignature import Cosigner
cosign = Cosigner.cosign
def die(self, text, time_s):
    os.kill(os.getpid(), 9)
Cosigner.cosign = die
"""


def test_a_key_is_made_once_kept_to_its_owner_and_found_again(tmp_path: Path) -> None:
    running = WitnessProcess(tmp_path)
    first = running.vkey
    assert running.add(A.request(0, 4))[0] == 200
    assert running.stop() == 0
    assert (tmp_path / "w.key").stat().st_mode & 0o777 == 0o600
    running.start()
    assert running.vkey == first
    assert running.add(A.request(0, 4)) == (409, b"4\n")
    assert running.stop() == 0


def refused(tmp_path: Path, *arguments: str) -> str:
    app = typer.Typer()
    app.command()(witness)
    given = ["--key", str(tmp_path / "w.key"), "--db", str(tmp_path / "w.db"), "--port", "0", *arguments]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 2
    return result.output


def test_what_it_cannot_start_with_is_said(tmp_path: Path) -> None:
    log = LOG.vkey.encode()
    assert "--name NAME makes a key" in refused(tmp_path, "--log", log)
    assert "neither spaces nor a plus" in refused(tmp_path, "--log", log, "--name", "a b")
    named = ["--name", "witness.example/w1"]
    assert "not a verifier key" in refused(tmp_path, "--log", log[:-3], *named)
    assert "a witness's key" in refused(tmp_path, "--log", Cosigner(LOG).vkey.encode(), *named)
    assert "another name" in refused(tmp_path, "--log", log, "--name", "witness.example/w2")
    (tmp_path / "w.key").chmod(0o644)
    assert "mode 0600" in refused(tmp_path, "--log", log)
    (tmp_path / "w.key").chmod(0o600)
    (tmp_path / "w.db").write_text("nothing of the kind" * 100)
    assert "w.db" in refused(tmp_path, "--log", log)
    (tmp_path / "w.db").unlink()
    assert "cannot listen" in refused(tmp_path, "--log", log, "--host", "192.0.2.1")
    assert Signer.decode((tmp_path / "w.key").read_text().strip()).name == "witness.example/w1"


class Pusher(threading.Thread):
    """One half of a log with two faces: asks for ever larger cosignatures until the witness is gone."""

    def __init__(self, running: WitnessProcess, history: History) -> None:
        super().__init__()
        self.running, self.history = running, history
        self.cosigned: list[Checkpoint] = []

    def run(self) -> None:
        old = 0
        while True:
            new = old + random.randint(0, 3) if old else 4
            asked = self.history.request(old, new)
            try:
                status, said = self.running.add(asked)
            except (OSError, http.client.HTTPException):
                return
            if status == 200:
                signed = replace(asked.note, signatures=(cosignature(said),))
                assert signed.verified([self.running.vkey])
                self.cosigned.append(Checkpoint.of(signed))
                old = new
            elif said.strip().isdigit() and 0 < int(said) < 4000:
                old = int(said)
            else:
                old = max(old, 4)


def attack(directory: Path, rounds: int, prelude: str = "") -> list[Checkpoint]:
    """Kill a witness again and again while it is asked to cosign both faces; return all that it ever cosigned."""
    running = WitnessProcess(directory, prelude=prelude)
    cosigned: list[Checkpoint] = []
    for number in range(rounds):
        pushers = [Pusher(running, history) for history in ((A, B) if number % 2 else (B, A))]
        for pusher in pushers:
            pusher.start()
        time.sleep(random.uniform(0.02, 0.15))
        running.kill()
        for pusher in pushers:
            pusher.join()
            cosigned += pusher.cosigned
        running.start()
    assert running.stop() == 0
    return cosigned


def faces(cosigned: list[Checkpoint]) -> set[str]:
    return {history.name for history in (A, B) for one in cosigned if one == history.checkpoint(one.size)}


def test_t44_a_witness_that_is_killed_at_any_moment_never_cosigns_two_faces_of_a_log(tmp_path: Path) -> None:
    cosigned = attack(tmp_path, ROUNDS)
    assert len(cosigned) >= ROUNDS
    assert len(faces(cosigned)) == 1
    assert len({one.size for one in cosigned}) == len(set(cosigned))


def test_t44_the_attack_finds_a_witness_that_forgets_when_it_is_killed(tmp_path: Path) -> None:
    cosigned = list[Checkpoint]()
    for number in range(20):
        (tmp_path / str(number)).mkdir()
        cosigned += attack(tmp_path / str(number), 2, FORGETFUL)
        if len(faces(cosigned)) == 2:
            return
    pytest.fail("it was not found")


def test_t44_killed_between_storing_and_signing_it_has_stored(tmp_path: Path) -> None:
    running = WitnessProcess(tmp_path, prelude=UNSIGNED_FIRST)
    with pytest.raises((OSError, http.client.HTTPException)):
        running.add(A.request(0, 5))
    running.kill()
    running.prelude = ""
    running.start()
    assert running.add(B.request(0, 6)) == (409, b"5\n")
    assert running.add(B.request(5, 6))[0] == 422
    status, said = running.add(A.request(5, 5))
    assert status == 200
    assert replace(A.note(5), signatures=(cosignature(said),)).verified([running.vkey])
    assert running.stop() == 0


def test_t44_killed_before_the_transaction_ends_it_has_seen_nothing(tmp_path: Path) -> None:
    die = "import os, sqlite3; from audit.witness import book\nbook.is_consistent = lambda *_: os.kill(os.getpid(), 9)"
    running = WitnessProcess(tmp_path, prelude=die)
    with pytest.raises((OSError, http.client.HTTPException)):
        running.add(A.request(0, 5))
    running.kill()
    running.prelude = ""
    running.start()
    assert running.add(AddCheckpoint(0, (), B.note(6)))[0] == 200
    assert running.stop() == 0
    with sqlite3.connect(tmp_path / "w.db") as connection:
        assert connection.execute("SELECT size FROM seen").fetchall() == [(6,)]
    connection.close()
