"""Writes the homes that `test_upgrades.py` takes up, each by the commit that its revision ended with.

    .venv/bin/python tests/upgrades/make.py [NAME ...]        # in a full clone; needs the programs of PostgreSQL

Nothing of them is made by hand: a commit is taken out of the history, its own `ringfence serve` answers requests, and
its own commands grant, revoke, export and prune. That was done once; made again, they have other keys and times. Each
archive has what it wrote twice: `ended` is a home whose server ended in order, `killed` the same home after another
start, killed with a request on its way. With a log in PostgreSQL, `database.sql` lies beside it, as `pg_dump` wrote it.
The commits run on the libraries of today: their locks name the same ones in the same versions.

The first two revisions of the state came with one commit, so there is none with the first alone.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

import httpx  # noqa: E402 - behind what finds the tests' own parts
import psycopg  # noqa: E402
import yaml  # noqa: E402
from databases import Cluster, binaries  # noqa: E402
from harness import Ringfence, chat_body, eventually, upstreams_file, wait_for_url  # noqa: E402
from stateful import Keeper  # noqa: E402

from proxy.settings import Settings  # noqa: E402

CARD = "Please refund 4929 7182 0364 5103."
PRIVATE_KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA" + 4 * "u1SU1LfVLPHCozMxH2Mo" + "\n"
LEFT_OUT = ("server.log", "admin.sock", "*-shm")
PRICES = {"currency": "USD", "models": {"gpt-4o-mini": {"cloud-us": {"input": 0.15, "output": 0.6}}}}


@dataclass(frozen=True)
class Version:
    """A commit, and what it can do: `log` and `state` are the revisions of its SQLite schemas, 0 where it has none."""

    name: str
    commit: str
    log: int
    state: int
    shared: bool = True
    """Whether it can have its log in PostgreSQL."""


VERSIONS = (
    Version("log1", "d7c3077", 1, 0, shared=False),
    Version("log2", "3eceff4", 2, 0),
    Version("log2-state2", "b05ba93", 2, 2),
    Version("log2-state3", "e6f86a5", 2, 3),
    Version("log3-state3", "2f14331", 3, 3),
)


@dataclass
class Life:
    """A home of an old version, its servers one after the other, and what a test has to know of it."""

    version: Version
    code: Path
    folder: Path
    database: str | None
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.home.mkdir(parents=True)
        self.vendor, self.own = Keeper("vendor"), Keeper("own", conversation="conv_1")
        settings: dict[str, Any] = {
            "home": self.home,
            "port": 0,
            "policies": self.code / "policies",
            "upstreams": self.upstreams(),
            "detect_workers": 1,
            "detect_deadline_s": 30,
            "audit_deadline_s": 10,
        }
        if self.database:
            settings["audit_url"] = self.database
        if self.version.log >= 2:
            settings["anchor_file"] = self.home / "anchor"
        if self.version.state:
            limits = self.folder / "limits.yaml"
            limits.write_text(json.dumps({"default": {"key": {"requests_per_minute": 600}}}))
            settings["limits"] = limits
        if self.version.log >= 3:
            settings["canary_every_s"] = 0
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")}
        self.environ |= {f"RINGFENCE_{name.upper()}": str(value) for name, value in settings.items()}
        self.environ |= {"PYTHONPATH": str(self.code), "VENDOR_KEY": "vendor-credential"}

    def upstreams(self) -> Path:
        """Write a registry that the version understands."""
        more = {"prices": PRICES} if self.version.state >= 3 else {}
        path = upstreams_file(self.folder / "upstreams.yaml", self.vendor, self.own, **more)
        if not self.version.state:
            known = yaml.safe_load(path.read_text())
            for row in known["upstreams"]:
                del row["endpoints"]
            path.write_text(yaml.safe_dump(known))
        return path

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of that version."""
        ran = subprocess.run(
            [sys.executable, "-m", "proxy", *arguments],
            cwd=self.code,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            sys.exit(f"{self.version.name}: ringfence {' '.join(arguments)}: {ran.stdout}{ran.stderr}")
        return ran

    @contextmanager
    def server(self) -> Iterator[Ringfence]:
        """Run a server of that version; ended in order, unless it was killed before."""
        with (self.home / "server.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "proxy", "serve"],
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environ,
                cwd=self.code,
                start_new_session=True,
            )
        made = Ringfence(self.home, process, "", Settings(), self.environ)
        made.url = wait_for_url(made)
        try:
            yield made
        finally:
            made.stop()

    def key(self, name: str, role: str = "app") -> str:
        """Grant a key and note it under the name of its application."""
        made = self.command("key", "create", "--app", name, "--team", "sales", "--role", role)
        found = re.search(r"ak_\w+", made.stderr + made.stdout)
        assert found is not None
        secret = made.stdout.split()[-1]
        self.facts.setdefault("keys", {})[name] = {"id": found[0], "secret": secret}
        return secret

    def live(self) -> None:
        """Have every kind of answer given, and everything done that the version can."""
        if self.database:
            self.command("audit", "migrate")
        with self.server() as server:
            crm, left = self.key("crm"), self.key("left")
            self.key("audit", "auditor")
            with server.client(crm) as client, server.client(left) as leaving:
                answers = [self.ask(client, "What is a monad?"), self.ask(client, CARD)]
                answers += [self.ask(client, PRIVATE_KEY, 403), self.ask(leaving, "And a functor?")]
                self.command("key", "revoke", self.facts["keys"]["left"]["id"])
                self.ask(leaving, "Still there?", 401)
                if self.version.state:
                    self.keep(client)
            self.facts["receipts"] = [
                f"{given.headers['x-ringfence-audit-seq']}:{given.headers['x-ringfence-audit-link']}"
                for given in answers
            ]
            if self.version.log >= 2:
                eventually(lambda: self.newest_anchored() >= 10, 60)
            if self.version.log >= 3:
                self.give_up(answers[0].headers["x-ringfence-audit-id"])

    def ask(self, client: httpx.Client, text: str, status: int = 200) -> httpx.Response:
        """Ask a question, and be sure of what becomes of it."""
        given = client.post("/v1/chat/completions", json=chat_body(text))
        assert given.status_code == status, (self.version.name, given.text)
        return given

    def keep(self, client: httpx.Client) -> None:
        """Have an own server keep a response in a conversation, and Ringfence an answer under an idempotency key."""
        asked = {"model": "gpt-4o-mini", "input": CARD}
        made = client.post("/v1/responses", json=asked)
        assert made.status_code == 200, made.text
        again = {"content-type": "application/json", "idempotency-key": "order-17"}
        kept = client.post("/v1/chat/completions", json=chat_body("Name a colour."), headers=again)
        assert kept.status_code == 200, kept.text
        self.facts |= {"response": made.json()["id"], "conversation": "conv_1", "kept": kept.json()}

    def newest_anchored(self) -> int:
        """Return how many records the newest head in the anchor's file covers."""
        path = self.home / "anchor"
        notes = path.read_text() if path.exists() else ""
        return max((int(size) for size in re.findall(r"^\S+/\S+\n(\d+)\n", notes, re.MULTILINE)), default=0)

    def give_up(self, decision: str) -> None:
        """Erase a request, prune what is older, and take a pack home."""
        self.command("audit", "erase", decision, "--yes")
        self.command("audit", "prune", "--before", "2099-01-01", "--yes")

    def evidence(self) -> None:
        """Take home what the version has for that, from the log that has ended; of a database it would be the same."""
        if self.version.state and not self.database:
            out = "pack.tar" if self.version.log >= 3 else "export"
            self.command("audit", "export", "--out", str(self.folder / out))

    def kill(self) -> None:
        """Start once more, and be killed with a request on its way to an own server, and one to a vendor."""
        with self.server() as server, server.client(self.facts["keys"]["crm"]["secret"]) as client:
            for text, asked in (("What is a monad?", self.vendor), (CARD, self.own)):
                before, asked.behaviour = len(asked.posts), "hang"
                threading.Thread(target=abandoned, args=(client, text), daemon=True).start()
                eventually(lambda asked=asked, before=before: len(asked.posts) > before)
            os.killpg(server.process.pid, signal.SIGKILL)

    def keep_files(self, name: str) -> None:
        """Copy the home as it is, and the database."""
        kept = self.folder / name
        shutil.copytree(self.home, kept / "home", ignore=shutil.ignore_patterns(*LEFT_OUT))
        if self.database:
            folder = binaries()
            assert folder is not None
            dump = [folder / "pg_dump", "--inserts", "--dbname", self.database]
            said = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
            lines = (line for line in said.splitlines(keepends=True) if not line.startswith("\\"))
            (kept / "database.sql").write_text("".join(lines))


def abandoned(client: httpx.Client, text: str) -> None:
    """Ask a question that nobody will answer."""
    with suppress(httpx.HTTPError):
        client.post("/v1/chat/completions", json=chat_body(text))


def main(names: Sequence[str]) -> None:
    """Make these, or all."""
    with Cluster.running() as cluster:
        for version in VERSIONS:
            for store in ("sqlite", "postgres") if version.shared else ("sqlite",):
                name = f"{version.name}-{store}"
                if not names or name in names:
                    make(version, name, new_database(cluster, version) if store == "postgres" else None)


def new_database(cluster: Cluster, version: Version) -> str:
    """Create an empty database, and return its address."""
    name = version.name.replace("-", "_")
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return cluster.url.removesuffix("postgres") + name


def make(version: Version, name: str, database: str | None) -> None:
    """Write the archive of one version with one store."""
    with tempfile.TemporaryDirectory(prefix="ringfence-old-") as scratch:
        code, folder = Path(scratch) / "code", Path(scratch) / name
        code.mkdir()
        took = subprocess.Popen(["git", "-C", ROOT, "archive", version.commit], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", code], stdin=took.stdout, check=True)
        life = Life(version, code, folder, database)
        life.live()
        life.keep_files("ended")
        life.evidence()
        life.kill()
        life.keep_files("killed")
        facts = {"commit": version.commit, "log": version.log, "state": version.state, **life.facts}
        (folder / "facts.json").write_text(json.dumps(facts, indent=1))
        life.vendor.stop()
        life.own.stop()
        shutil.rmtree(life.home)
        pack(folder, HERE / "homes" / f"{name}.tar.xz")


def pack(folder: Path, path: Path) -> None:
    """Write a folder into a small archive."""
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w:xz", preset=9) as archive:
        for each in sorted(folder.rglob("*")):
            if each.is_file():
                archive.add(each, each.relative_to(folder))
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
