"""Databases of both kinds, opened as servers open them, and closed again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from databases import Cluster, migrate, new_database

from audit.place import Place, Postgres
from proxy.state.database import Database

Open = Callable[..., AbstractAsyncContextManager[Database]]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return tmp_path / "shared.db"
    found: Postgres = request.getfixturevalue("database")
    return found


@pytest.fixture
def opened() -> Open:
    @asynccontextmanager
    async def open_it(place: Place, deadline_s: float = 10.0) -> AsyncIterator[Database]:
        made = await asyncio.to_thread(Database.open, place, deadline_s)
        try:
            yield made
        finally:
            await asyncio.to_thread(made.close)

    return open_it


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server that may be stopped."""
    if not Cluster.possible():
        pytest.skip("a server that may be stopped needs PostgreSQL's initdb, and a user that is not root")
    with Cluster.running() as made:
        yield made


@pytest.fixture
def mortal(cluster: Cluster) -> Iterator[Postgres]:
    """A database of that server."""
    with new_database(cluster.url) as made:
        migrate(made)
        yield made
