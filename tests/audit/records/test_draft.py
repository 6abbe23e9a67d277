import pytest

from audit.clock import Clock
from audit.errors import RecordRefused
from audit.records.canonical import encode
from audit.records.draft import W_BYTES, draft, require_short
from audit.records.record import MAX_BODY_BYTES, REGISTRY, new_id

BODY = {"records": 3}


def test_with_a_writer_it_is_a_whole_record() -> None:
    made = draft("writer.stop", BODY, None, Clock())
    w = {"inst": "here", "epoch": new_id(), "n": 1, "mono_us": 2}
    assert REGISTRY["writer.stop", 1].whole({**made, "w": w}) is None


def test_an_id_is_new_unless_it_is_chosen_and_the_salt_always_is() -> None:
    chosen = new_id()
    first, second = (draft("writer.stop", BODY, chosen, Clock()) for _ in range(2))
    assert first["id"] == second["id"] == chosen
    assert first["salt"] != second["salt"]
    assert draft("writer.stop", BODY, None, Clock())["id"] != draft("writer.stop", BODY, None, Clock())["id"]


def test_what_is_outside_its_schema_or_no_id_is_refused() -> None:
    with pytest.raises(RecordRefused):
        draft("writer.stop", {"records": "many"}, None, Clock())
    with pytest.raises(RecordRefused):
        draft("writer.stop", BODY, "mine", Clock())


def test_the_writers_own_field_fits_into_the_room_that_is_kept_for_it() -> None:
    w = {"inst": "n" * 128, "epoch": new_id(), "n": 2**53 - 1, "mono_us": 2**53 - 1}
    assert len(encode({"w": w})) <= W_BYTES
    require_short("writer.stop", MAX_BODY_BYTES - W_BYTES)
    with pytest.raises(RecordRefused, match="too long"):
        require_short("writer.stop", MAX_BODY_BYTES - W_BYTES + 1)
