"""Real PostgreSQL for tests: a server that is there, or a private one, and a database of its own for each test.

`RINGFENCE_TEST_POSTGRES_URL` names a server and a user who may create databases and roles; without it, a server on this
machine is asked, and without one of those a private cluster is begun. The roles `ringfence_*` stay on the server.
"""

import functools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from ports import free_port

from audit.log import AuditLog
from audit.place import Postgres, place_of
from audit.stores.migrate import migrate_postgres
from proxy.state import schema as state

ORIGIN = "log.example/audit"
NAMED = "RINGFENCE_TEST_POSTGRES_URL"
LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"


def answers(url: str) -> bool:
    with suppress(psycopg.Error), psycopg.connect(url, connect_timeout=2):
        return True
    return False


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server for this session; skips where there is none, which CI does not accept."""
    named = os.environ.get(NAMED)
    if named or answers(LOCAL):
        yield named or LOCAL
    elif Cluster.possible():
        with Cluster.running() as cluster:
            yield cluster.url
    else:
        pytest.skip(f"these tests need PostgreSQL: set {NAMED}, or install its server")


@contextmanager
def new_database(url: str, like: str = "template1") -> Iterator[Postgres]:
    """A new database, empty or a copy of another; gone afterwards, whoever is still connected."""
    name = f"ringfence_test_{secrets.token_hex(6)}"
    made = place_of(urlsplit(url)._replace(path=f"/{name}").geturl())
    assert isinstance(made, Postgres)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    try:
        yield made
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def migrate(place: Postgres) -> None:
    """Do what `ringfence audit migrate` does."""
    migrate_postgres(place)
    state.migrate_postgres(place)


@functools.cache
def binaries() -> Path | None:
    """Where `initdb` and `postgres` are."""
    found = [shutil.which("initdb"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
    return next((Path(path).resolve().parent for path in found if path), None)


@functools.cache
def unprivileged() -> str | None:
    """The user to run a server as, which may not be root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


class Cluster:
    """A server of our own, in a folder of its own, that may be stopped and damaged."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"

    @staticmethod
    def possible() -> bool:
        return binaries() is not None and unprivileged() is not None

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["Cluster"]:
        folder = Path(tempfile.mkdtemp(prefix="ringfence-pg-"))
        cluster = cls(folder, free_port())
        if os.geteuid() == 0:
            shutil.chown(folder, unprivileged())
        try:
            cluster.run(
                "initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "-D", str(folder / "data")
            )
            cluster.start()
            yield cluster
            cluster.stop("immediate")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def start(self, *options: str) -> None:
        settings = [
            "-c listen_addresses=127.0.0.1",
            f"-c port={self.port}",
            f"-c unix_socket_directories={self.folder}",
        ]
        words = " ".join([*settings, *(f"-c {option}" for option in options)])
        log = str(self.folder / "log")
        self.run("pg_ctl", "start", "-w", "-l", log, "-o", words, "-D", str(self.folder / "data"))

    def stop(self, mode: str) -> None:
        """End the server: `fast`, or `immediate`, as a crash does."""
        self.run("pg_ctl", "stop", "-m", mode, "-D", str(self.folder / "data"))

    def stand_by(self, *, on: bool) -> None:
        """Let the next start be that of a standby, which can be read only, or of a primary."""
        mark = self.folder / "data" / "standby.signal"
        if on:
            mark.touch()
        else:
            mark.unlink(missing_ok=True)

    def run(self, program: str, *arguments: str) -> None:
        found = binaries()
        assert found is not None
        user = unprivileged() if os.geteuid() == 0 else None
        subprocess.run(
            [found / program, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            timeout=120,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )

    def pids(self) -> list[int]:
        """Every process of the server."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    @contextmanager
    def frozen(self, *only: int) -> Iterator[Callable[[], None]]:
        """Stop every process of the server, or only these, until the block ends or what it is given is called."""
        for pid in only or self.pids():
            os.kill(pid, signal.SIGSTOP)
        try:
            yield self.resume
        finally:
            self.resume()

    def resume(self) -> None:
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Return the URL of a real server."""
    with server() as url:
        yield url


@pytest.fixture
def empty_database(postgres_server: str) -> Iterator[Postgres]:
    with new_database(postgres_server) as made:
        yield made


@pytest.fixture(scope="session")
def migrated(postgres_server: str) -> Iterator[str]:
    """Return the name of a database with the schema of the log, to be copied: that takes half as long."""
    with new_database(postgres_server) as made:
        migrate(made)
        yield urlsplit(made.url).path.strip("/")


@pytest.fixture
def database(postgres_server: str, migrated: str) -> Iterator[Postgres]:
    """Return a database with the schema of the log, and nothing in it."""
    with new_database(postgres_server, migrated) as made:
        yield made


@pytest.fixture
def open_shared(database: Postgres, tmp_path: Path) -> Iterator[Callable[..., AuditLog]]:
    """Open replicas of one log in PostgreSQL, each with a home of its own and the keys of the first."""
    opened: list[AuditLog] = []

    def make(name: str = "home", *, deadline_s: float = 5.0, place: Postgres = database) -> AuditLog:
        keys = tmp_path / name / "keys"
        if opened and not keys.exists():
            shutil.copytree(tmp_path / "home" / "keys", keys)
        log = AuditLog.open(place, keys=keys, origin=ORIGIN, deadline_s=deadline_s)
        opened.append(log)
        return log

    yield make
    for log in opened:
        log.close()
