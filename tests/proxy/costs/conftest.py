"""A state of one's own for each test, of each kind."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from audit.place import Place
from proxy.state.database import Database

Open = Callable[[], AbstractAsyncContextManager[Database]]


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    place: Place = tmp_path / "shared.db" if request.param == "sqlite" else request.getfixturevalue("database")

    @asynccontextmanager
    async def open_it() -> AsyncIterator[Database]:
        made = await asyncio.to_thread(Database.open, place, 10.0)
        try:
            yield made
        finally:
            await asyncio.to_thread(made.close)

    return open_it
