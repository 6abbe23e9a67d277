import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.traces.caller import Caller, caller

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
FORM = f"00-{TRACE}-{SPAN}-01"


def read(*values: str) -> Caller:
    return caller([(b"host", b"x"), *((b"traceparent", value.encode("latin-1")) for value in values)])


def test_the_trace_of_the_caller_goes_on() -> None:
    """The example of the recommendation, 3.2.4."""
    assert read(FORM) == Caller(TRACE, SPAN)


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("ff", True)])
def test_it_says_whether_its_caller_keeps_it(flags: str, sampled: bool) -> None:
    assert read(FORM[:-2] + flags) == Caller(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "values",
    [
        *((), ("",), (FORM, FORM), (FORM.upper(),), (f"01{FORM[2:]}",), (f"ff{FORM[2:]}",), (f"{FORM}-00",)),
        *((f" {FORM}",), (f"{FORM}\n",), (FORM[:-1],), (FORM.replace("-", "_"),), (f"{FORM},{FORM}",)),
        *((f"00-{'0' * 32}-{SPAN}-01",), (f"00-{TRACE}-{'0' * 16}-01",), (FORM.replace("4bf9", "4bg9"),)),
    ],
)
def test_without_one_header_of_that_form_a_trace_begins_here(values: tuple[str, ...]) -> None:
    made, other = read(*values), read(*values)
    assert (made.span, made.sampled, len(bytes.fromhex(made.trace))) == ("", True, 16)
    assert made.trace not in {TRACE, other.trace}


@given(st.text(st.characters(max_codepoint=255)))
def test_of_any_other_text_nothing_is_kept(text: str) -> None:
    made = read(text)
    assert made.span == ""
    assert not text or text not in made.trace or len(text) < 8


def test_what_else_a_caller_says_of_traces_is_not_read() -> None:
    said = caller([(b"tracestate", b"vendor=planted"), (b"baggage", b"user=planted"), (b"traceparent", FORM.encode())])
    assert said == Caller(TRACE, SPAN)
