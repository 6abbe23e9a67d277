"""What is configured becomes places to keep heads in, and a signer's process uses every one of them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from witnessing import WitnessProcess

from audit.anchor_git import GitKeeper
from audit.anchors import FileKeeper
from audit.keepers import NOWHERE, Outside
from audit.keys import load
from audit.trust import Trust
from audit.verifier import verify
from audit.witness.client import WitnessKeeper

ROOT = Path(__file__).parents[2]


def nobody(*_: Any) -> bool:
    return False


def test_each_has_a_name_of_its_own_and_nothing_is_reached_for(tmp_path: Path) -> None:
    vkey = "witness.example/w1+09fca5c4+BAuftMRY/w7if8riFtJzfsdiIJdIHRKHXgSp9ft64wPx"
    outside = Outside(tmp_path / "heads", "/none.git", [("audit", "https://witness.example", vkey)])
    found = outside.keepers(tmp_path / "audit.db", tmp_path / "keys", tmp_path / "signer", nobody)
    kinds = {"file": FileKeeper, "git": GitKeeper, "audit": WitnessKeeper}
    assert {name: type(keeper) for name, keeper in found.items()} == kinds
    assert not NOWHERE.keepers(tmp_path / "audit.db", tmp_path / "keys", tmp_path / "signer", nobody)
    assert list(tmp_path.iterdir()) == []


def test_a_signers_process_brings_every_head_to_each_of_them(tmp_path: Path, open_log: Any) -> None:
    log, home, remote = open_log(), tmp_path / "home", tmp_path / "heads.git"
    log.close()
    subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
    (tmp_path / "w").mkdir()
    witness = WitnessProcess(tmp_path / "w", (load(home / "keys").vkey,))
    paths = ["--keys", str(home / "keys"), "--state", str(home / "signer"), "--admin", str(home / "admin.sock")]
    paths += ["--anchor-file", str(tmp_path / "heads"), "--anchor-git", str(remote)]
    paths += ["--witness", "audit", witness.url, witness.vkey.encode()]
    environ = {**os.environ, "RINGFENCE_AUDIT_URL": str(log.place)}
    once = [sys.executable, "-m", "audit.signing", *paths, "--once"]
    assert subprocess.run(once, cwd=ROOT, env=environ, check=False, timeout=60).returncode == 0
    keepers = Outside(tmp_path / "heads", str(remote), [("audit", witness.url, witness.vkey.encode())])
    found = keepers.keepers(log.place, home / "keys", home / "signer", nobody)
    heads = {name: keeper.newest() for name, keeper in found.items()}
    assert witness.stop() == 0
    policy = f"witness audit {witness.vkey.encode()}\nquorum audit\n".encode()
    for name, grade in (("file", "anchored"), ("git", "anchored"), ("audit", "witnessed")):
        head = heads[name]
        assert head is not None
        report = verify(log.place, trust=Trust.read([head, policy]))
        assert (report.ok, report.grade, report.anchored) == (True, grade, report.size)
