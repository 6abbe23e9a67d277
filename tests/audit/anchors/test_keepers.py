"""What is configured becomes places to keep heads in, and a signer's process uses every one of them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from stamping import root
from witnessing import WitnessProcess

from audit.anchors.anchored import FileKeeper, Sparing
from audit.anchors.git import GitKeeper
from audit.anchors.keepers import NOWHERE, Outside
from audit.anchors.rfc3161 import TimestampKeeper
from audit.anchors.s3 import S3Keeper
from audit.keys import load
from audit.verification.trust import Trust
from audit.verification.verifier import verify
from audit.witness.client import WitnessKeeper

ROOT = Path(__file__).parents[3]


def nobody(*_: Any) -> bool:
    return False


def test_each_has_a_name_of_its_own_and_nothing_is_reached_for(tmp_path: Path) -> None:
    vkey = "witness.example/w1+09fca5c4+BAuftMRY/w7if8riFtJzfsdiIJdIHRKHXgSp9ft64wPx"
    certificates = tmp_path / "tsa.pem"
    certificates.write_bytes(root().pem)
    words = ["--anchor-file", str(tmp_path / "heads"), "--anchor-git", "/none.git"]
    words += ["--witness", "audit", "https://witness.example", vkey]
    words += ["--anchor-rfc3161", "https://tsa.example/", str(certificates), "--anchor-s3", "s3://heads/log", "400"]
    outside = Outside.of(Outside.flags().parse_args(words))
    found = outside.keepers(tmp_path / "audit.db", tmp_path / "keys", tmp_path / "signer", nobody)
    spared = {name: keeper.keeper if isinstance(keeper, Sparing) else keeper for name, keeper in found.items()}
    kinds = {"file": FileKeeper, "git": GitKeeper, "audit": WitnessKeeper, "rfc3161": TimestampKeeper, "s3": S3Keeper}
    assert {name: type(keeper) for name, keeper in spared.items()} == kinds
    assert {name for name, keeper in found.items() if isinstance(keeper, Sparing)} == {"git", "rfc3161", "s3"}
    assert {name for name, keeper in found.items() if keeper.every} == {"file"}
    assert not NOWHERE.keepers(tmp_path / "audit.db", tmp_path / "keys", tmp_path / "signer", nobody)
    assert list(tmp_path.iterdir()) == [certificates]


def test_what_only_some_anchors_need_is_imported_by_nobody_else(tmp_path: Path) -> None:
    program = "import sys, audit.anchors.keepers as k, audit.signing.process;"
    program += " k.Outside(k.Path('h'), '/g').keepers(*[k.Path('p')] * 4)"
    program += "; print(*{'boto3', 'botocore', 'rfc3161_client'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


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
    once = [sys.executable, "-m", "audit.signing.process", *paths, "--once"]
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
