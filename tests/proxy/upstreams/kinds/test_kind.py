"""What a server lists, whatever it lists, and what is so of a server of which nothing else is known."""

from typing import Any

import pytest

from proxy.upstreams.kinds.kind import MAX_LISTED, Dropped, Kind, listed
from proxy.upstreams.profile import UNKNOWN


def test_the_names_in_a_list_are_taken_in_its_order() -> None:
    assert listed({"object": "list", "data": [{"id": "b"}, {"id": "a", "root": "/srv/a"}]}) == ("b", "a")


@pytest.mark.parametrize(
    "odd", [None, 1, "x", [], {}, {"data": None}, {"data": {"id": "a"}}, {"data": ["a", None, {"id": 7}, {}]}], ids=str
)
def test_no_other_shape_breaks_the_reading(odd: Any) -> None:
    assert listed(odd) == ()


def test_a_list_without_end_is_cut() -> None:
    assert len(listed({"data": [{"id": f"m{number}"} for number in range(MAX_LISTED + 5)]})) == MAX_LISTED


def test_a_server_that_nothing_is_known_of_gets_what_was_asked() -> None:
    kind, body = Kind(), {"model": "m", "tool_choice": "required", "unheard_of": 1}
    assert kind.dropped("chat", body) == Dropped()
    assert kind.refused(body) is None
    assert kind.written("chat", "/chat/completions", body, "salt") == ("/chat/completions", body)
    assert (kind.profile, kind.cuts, kind.headers("")) == (UNKNOWN, (), {})
