from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from harness import Ringfence
from openai import OpenAI

from audit.access import Filters, Records

MakeClient = Callable[..., OpenAI]


@pytest.fixture(scope="session")
def app_key(server: Ringfence) -> str:
    """A key of an application."""
    return server.key("contract", "contract-team")


@pytest.fixture
def make_client(server: Ringfence, app_key: str) -> Iterator[MakeClient]:
    """Make real clients of the vendor's own library; they differ from an application's in nothing but `base_url`."""
    with ExitStack() as stack:

        def make(**options: Any) -> OpenAI:
            given = {"base_url": f"{server.url}/v1", "api_key": app_key, "max_retries": 0, "timeout": 30, **options}
            return stack.enter_context(OpenAI(**given))

        yield make


@pytest.fixture
def client(make_client: MakeClient) -> OpenAI:
    """A client that does not retry."""
    return make_client()


@pytest.fixture
def count_decisions(server: Ringfence) -> Callable[[], int]:
    """Count the decision records in the log: each request that was judged made one."""

    def count() -> int:
        found, after = 0, -1
        while True:
            page = Records(server.home / "audit.db").page(Filters(kind="route.decision"), after=after, limit=1000)
            found += len(page.records)
            if page.next is None:
                return found
            after = page.next

    return count
