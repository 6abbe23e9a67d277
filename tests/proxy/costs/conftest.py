"""A state of one's own for each test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from proxy.state.database import Database

Open = Callable[[], AbstractAsyncContextManager[Database]]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    @asynccontextmanager
    async def open_it() -> AsyncIterator[Database]:
        made = await asyncio.to_thread(Database.open, tmp_path / "shared.db", 10.0)
        try:
            yield made
        finally:
            await asyncio.to_thread(made.close)

    return open_it
