import pytest
import yaml

from proxy.files.slips import told


def slip(text: str) -> tuple[bool, str, str]:
    with pytest.raises(yaml.MarkedYAMLError) as raised:
        list(yaml.parse(text, yaml.SafeLoader))
    return told(raised.value)


@pytest.mark.parametrize(
    ("text", "at_start", "said"),
    [
        ("a: [*]", True, "a bare * begins an alias"),
        ("a: 'b", True, "this quote is never closed"),
        ("a:\n\tb: 1", False, "a tab stands here"),
        ("a: b: c", False, "a second ':' in one line"),
        ("a:\n  - b\n c: 1", False, "this line does not fit the indentation above"),
        ("a: [b}", False, "expected ',' or ']', but got '}'"),
    ],
)
def test_a_slip_is_said_in_words_and_where_it_is(text: str, *, at_start: bool, said: str) -> None:
    assert slip(text)[:2] == (at_start, said)


def test_nothing_from_the_file_is_repeated() -> None:
    assert "pass" + "word" not in " ".join(map(str, slip("a: !<pass" + "word> x\n  y: [}")))
