"""A real pgbouncer before a PostgreSQL server: by transaction, with fewer connections than it has clients."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from databases import answers, unprivileged
from ports import free_port

from audit.place import Postgres, place_of

CONNECTIONS = 3
"""To the server."""
START_WITHIN_S = 20


def program() -> str | None:
    """Where pgbouncer is; Debian keeps it where only root looks."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Pooler:
    """Shares a few connections among all who log in, each for one transaction. `place` is the way through it."""

    def __init__(self, place: Postgres, folder: Path) -> None:
        server = urlsplit(place.url)
        port = free_port()
        pooled = place_of(f"postgresql://postgres@127.0.0.1:{port}{server.path}")
        assert isinstance(pooled, Postgres)
        self.place = pooled
        self._file = folder / "pgbouncer.ini"
        self._process: subprocess.Popen[bytes] | None = None
        login = {"host": server.hostname or "127.0.0.1", "port": server.port or 5432, "user": server.username}
        login |= {"password": unquote(server.password)} if server.password else {}
        own = " ".join(f"{name}='{value}'" for name, value in login.items() if value is not None)
        self._file.write_text(
            f"""[databases]
* = {own}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {CONNECTIONS}
"""
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        found = program()
        assert found is not None
        user = unprivileged() if os.geteuid() == 0 else None
        self._process = subprocess.Popen(
            [found, "--quiet", str(self._file)],
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_WITHIN_S
        while not answers(self.place.url):
            assert self._process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a crash does: every connection is cut, on both sides."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)


@contextmanager
def pooling(place: Postgres) -> Iterator[Pooler]:
    """Run a pooler before a database."""
    folder = Path(tempfile.mkdtemp(prefix="ringfence-pooler-"))
    if os.geteuid() == 0:
        shutil.chown(folder, unprivileged())
    pooler = Pooler(place, folder)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder / "pgbouncer.ini", unprivileged())
        pooler.start()
        yield pooler
    finally:
        pooler.kill()
        shutil.rmtree(folder)
