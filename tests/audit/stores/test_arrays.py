"""What is sent as an array is what the server reads."""

from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.place import Postgres
from audit.stores import arrays
from audit.stores.arrays import TYPES, Array
from audit.stores.postgres import connect

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int8": st.integers(-(2**63), 2**63 - 1),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "text": texts,
    "bytea": st.binary(max_size=40),
}


@pytest.fixture(scope="module")
def connection(postgres_server: str) -> Any:
    with connect(Postgres(postgres_server, "the server"), 10) as made:
        made.due = float("inf")
        arrays.adapt(made)
        yield made


@pytest.mark.parametrize("kind", sorted(TYPES))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_server_reads_the_values_that_were_sent(kind: str, data: Any, connection: psycopg.Connection[Any]) -> None:
    values = data.draw(st.lists(st.none() | VALUES[kind], max_size=20))
    sent = connection.execute(f"SELECT * FROM unnest(%b::{kind}[])", [Array.of(kind, values)], binary=True)  # noqa: S608
    assert [value for (value,) in sent] == values


def test_a_value_that_does_not_fit_is_not_cut_off() -> None:
    with pytest.raises(OverflowError):
        Array.of("int4", [2**31])
