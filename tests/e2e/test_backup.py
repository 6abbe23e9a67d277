"""A server that is backed up under load and killed goes on from the copy elsewhere, once its loss is on record."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
import pytest
from attacks.fortress import is_gone
from databases import migrate, new_database
from harness import (
    BRISK,
    NO_TLS,
    QUICK,
    ROOT,
    Ringfence,
    StandIn,
    chat_body,
    command,
    eventually,
    ringfence,
    upstreams_file,
)
from properties.effort import ASKED

from audit.access import Filters, Records
from audit.place import Place, Postgres
from audit.sources.postgres import open_source
from audit.verification.report import Report
from audit.verification.verifier import verify_source
from proxy.backup import back_up
from proxy.restore import restore
from proxy.settings import Settings


def ask(server: Ringfence, key: str) -> httpx.Response:
    with server.client(key) as client:
        return client.post("/v1/chat/completions", json=chat_body())


def judged(place: Place) -> Report:
    with closing(open_source(place)) as source:
        return verify_source(source)


def kill(server: Ringfence) -> None:
    """End every process of a server as a machine that goes down does."""
    pids = [pid for pid, _ in server.children()]
    server.stop(signal.SIGKILL)
    for pid in pids:
        eventually(lambda pid=pid: is_gone(pid))


class Load:
    """Requests, one after another, for as long as the block lasts."""

    def __init__(self, server: Ringfence, key: str) -> None:
        self.answered, self._ended = [0], threading.Event()
        self._thread = threading.Thread(target=self._run, args=(server, key))

    def _run(self, server: Ringfence, key: str) -> None:
        while not self._ended.is_set():
            assert ask(server, key).status_code == 200
            self.answered[0] += 1

    def __enter__(self) -> Self:
        self._thread.start()
        eventually(lambda: self.answered[0] > 1)
        return self

    def __exit__(self, *_: object) -> None:
        before = self.answered[0]
        eventually(lambda: self.answered[0] > before)  # whoever copies holds up nobody
        self._ended.set()
        self._thread.join()


@pytest.fixture(params=["file", "postgres"] if ASKED else ["postgres"])  # RINGFENCE_TEST_EXAMPLES asks for both
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    """Where the log is, and where it is restored to: in two homes, or in two databases."""
    if request.param == "file":
        yield tmp_path / "home" / "audit.db", tmp_path / "new" / "audit.db"
        return
    url = request.getfixturevalue("postgres_server")
    with new_database(url) as one, new_database(url) as other:
        migrate(one)
        yield one, other


def settings_of(place: Place) -> dict[str, Any]:
    return {**QUICK, **BRISK, **({"audit_url": place.url} if isinstance(place, Postgres) else {})}


def test_a_server_is_killed_and_goes_on_from_its_backup_and_what_it_lost_is_on_record(
    tmp_path: Path, cloud: StandIn, places: tuple[Place, Place]
) -> None:
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, None)
    heads, copy, keys = tmp_path / "other-mount", tmp_path / "copy", tmp_path / "keys"
    old, new = places
    with ringfence(tmp_path / "home", upstreams, anchor_file=heads, **settings_of(old)) as server:
        active, revoked = server.key("crm"), server.key("old")
        (row,) = [one for one in server.admin("key.list")["keys"] if one["app"] == "old"]
        server.admin("key.revoke", key_id=row["id"])
        with Load(server, active):
            made = command("backup", copy, "--keys-to", keys, env=server.environ)
        assert (made.returncode, made.stderr) == (0, "")
        late = ask(server, active)
        receipt = f"{late.headers['x-ringfence-audit-seq']}:{late.headers['x-ringfence-audit-link']}"
        signed = heads.stat().st_size if heads.exists() else 0
        eventually(lambda: heads.exists() and heads.stat().st_size > signed, 30)
        kill(server)
    copied = json.loads((copy / "manifest.json").read_bytes())["size"]
    assert copied <= int(receipt.partition(":")[0])
    assert_on_record(old, copy)

    environ = {**server.environ, "RINGFENCE_HOME": str(tmp_path / "new")}
    if isinstance(new, Postgres):
        environ["RINGFENCE_AUDIT_URL"] = new.url
    done = command("restore", copy, "--keys-from", keys, env=environ)
    assert done.returncode == 0, done.stderr
    assert "nothing is sent until that is on record" in done.stdout
    with ringfence(tmp_path / "new", upstreams, anchor_file=heads, **settings_of(new)) as server:
        arrived = len(cloud.posts)
        refused = ask(server, active)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "audit_behind")
        ready = httpx.get(f"{server.url}/readyz", trust_env=False, verify=NO_TLS)
        assert (ready.status_code, "restored from a copy" in ready.json()["audit_log"]) == (503, True)
        assert "incident   restored" in command("audit", "status", env=server.environ).stdout
        eventually(lambda: "refuses" in server_says(server)["checkpoints"], 30)  # the anchor knows more
        assert ask(server, active).status_code == 503
        assert len(cloud.posts) == arrived
        said = command("audit", "acknowledge", "--yes", env=server.environ).stdout
        assert f"restored from a copy of its first {copied} records" in said
        assert "lost: a log of" in said
        eventually(lambda: server_says(server)["status"] == "ready", 30)
        assert ask(server, active).status_code == 200
        assert ask(server, revoked).status_code == 401
        assert len(cloud.posts) == arrived + 1
        checked = command("audit", "verify", "--receipt", receipt, env=server.environ)
        assert checked.returncode == 1
        assert "TRUNCATED" in checked.stdout or "RECEIPT" in checked.stdout
    assert judged(new).ok
    incidents = Records(new).page(Filters(kind="incident.opened"), limit=100).records
    assert {"restored", "heads_given_up"} <= {record.body["what"] for record in incidents}


def assert_on_record(place: Place, copy: Path) -> None:
    manifest = (copy / "manifest.json").read_bytes()
    size, head = (json.loads(manifest)[name] for name in ("size", "hash"))
    (recorded,) = Records(place).page(Filters(kind="backup.made")).records
    assert recorded.seq >= size, "a backup lacks its own record"
    said = {"size": size, "head": head, "sha256": hashlib.sha256(manifest).hexdigest(), "keys": True}
    assert said.items() <= recorded.body.items()


def server_says(server: Ringfence) -> Any:
    return httpx.get(f"{server.url}/readyz", trust_env=False, verify=NO_TLS).json()


def test_a_restore_to_postgresql_that_is_killed_leaves_no_log_and_can_be_run_again(
    tmp_path: Path, postgres_server: str, database: Postgres
) -> None:
    old = Settings(home=tmp_path / "home", audit_url=database.url)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")}
    environ |= {"RINGFENCE_HOME": str(old.home), "RINGFENCE_AUDIT_URL": database.url}
    assert command("key", "create", "--app", "crm", "--team", "sales", env=environ).returncode == 0
    manifest = back_up(old, tmp_path / "copy", tmp_path / "keys").manifest
    with new_database(postgres_server) as place, ExitStack() as held:
        migrate(place)
        new = Settings(home=tmp_path / "new", audit_url=place.url)
        environ |= {"RINGFENCE_HOME": str(new.home), "RINGFENCE_AUDIT_URL": place.url}
        other = held.enter_context(psycopg.connect(place.url))
        other.execute("LOCK TABLE ringfence_state.spending IN SHARE MODE")  # it waits there, with all else done
        words = ["restore", str(tmp_path / "copy"), "--keys-from", str(tmp_path / "keys")]
        running = subprocess.Popen([sys.executable, "-m", "proxy", *words], env=environ, cwd=ROOT)
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ringfence_state.spending'::regclass"
        eventually(lambda: other.execute(query).fetchone() == (1,), 60)
        running.kill()
        running.wait(30)
        other.rollback()
        eventually(lambda: not transactions(place))
        with psycopg.connect(place.url) as looking:
            for table in ("ringfence_audit.record", "ringfence_audit.head", "ringfence_state.api_key"):
                assert looking.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608
        restore(new, tmp_path / "copy", tmp_path / "keys")
        assert judged(place).ok
        assert judged(place).size > manifest.size


def transactions(place: Postgres) -> int:
    with psycopg.connect(place.url, autocommit=True) as looking:
        found = looking.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND xact_start IS NOT NULL"
        ).fetchone()
    return int(found[0]) if found else 0
