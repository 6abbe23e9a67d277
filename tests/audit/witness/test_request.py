"""The body of add-checkpoint in its published form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from witnessing import History

from audit.witness.request import AddCheckpoint

EXAMPLE = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u2014 example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
""".encode()


def test_the_example_of_the_specification_is_read_and_written_back() -> None:
    asked = AddCheckpoint.decode(EXAMPLE)
    assert (asked.old, len(asked.proof), asked.note.text.split("\n")[1]) == (20852014, 4, "20852163")
    assert asked.encode() == EXAMPLE


@given(st.integers(0, 40), st.integers(0, 40))
def test_every_request_is_read_as_it_was_written(one: int, other: int) -> None:
    asked = History().request(min(one, other), max(one, other))
    assert AddCheckpoint.decode(asked.encode()) == asked


@pytest.mark.parametrize(
    ("what", "by"),
    [
        (b"old 20852014\n", b""),
        (b"old 20852014\n", b"new 20852014\n"),
        (b"old 20852014\n", b"old 020852014\n"),
        (b"old 20852014\n", b"old +20852014\n"),
        (b"old 20852014\n", b"old  20852014\n"),
        (b"old 20852014\n", b"old 20852014 \n"),
        (b"old 20852014\n", b"old 20852014\r\n"),
        (b"old 20852014\n", b"old 9223372036854775808\n"),
        (b"PlRN", b"PlR"),
        (b"Dpkaw=", b"Dpkax="),  # not the canonical base64 of 32 bytes
        (b"Dpkaw=", b"Dpkaw"),
        (b"PlRN", b"\xc3\xa9lRN"),
        (b"\n\nexample", b"\nexample"),
        (b"old 20852014\n", b"old 20852014\n" + b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" * 60),
        (EXAMPLE, b""),
    ],
)
def test_any_other_form_is_refused(what: bytes, by: bytes) -> None:
    assert what in EXAMPLE
    with pytest.raises(ValueError):  # noqa: PT011 - two classes of it
        AddCheckpoint.decode(EXAMPLE.replace(what, by, 1))
