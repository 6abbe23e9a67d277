import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.escapes import escapes


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a%20b", "a b"),
        ("J%C3%B6rg", "Jörg"),
        ("%u0041da", "Ada"),
        ("a%20J%F6rg", "a J%F6rg"),
        ("%C3%\\u0042\\u0036rg", "%C3%B6rg"),
        ("&lt;b&gt; &eacute;", "<b> é"),
        ("&#0000065;&#x0042;", "AB"),
        ("\\u00e9\\ud83d\\ude00", "é😀"),
        ("\\xc3\\xa9", "é"),
        ("\\xe9", "é"),
        ("line\\nnext\\ttab", "line\nnext\ttab"),
        ("\\\\\\\\u0041", "A"),
        ("\\101\\102", "AB"),
        ("caf\\303\\251cole", "cafécole"),
        ("\\u{1F600}", "😀"),
        ("\\U0001F600", "😀"),
        ("\\41 \\64 \\61 ", "Ada"),
        ("\\000041\\000064\\000061", "Ada"),
        ("ada\\_lo\\@mail\\.net", "ada_lo@mail.net"),
        ("02\\/03", "02/03"),
    ],
)
def test_escapes_are_undone(written: str, read: str, budget: Budget) -> None:
    assert list(escapes(written, budget)) == [read]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\\\\\\u200b\\u200bu", "\\\u200b\u200b\u200bu"),
        ("\\\\\\\\\\\\u0041", "\\\u200bA"),
        ("\\" * 7 + "x41", "\\\\\\\u200bA"),
    ],
)
def test_a_backslash_that_was_escaped_itself_is_also_kept(written: str, read: str, budget: Budget) -> None:
    gone, kept = escapes(written, budget)
    assert kept == read
    assert "\\" not in gone


def test_a_reference_ends_where_it_is_closed_and_not_at_an_escape_within_it(budget: Budget) -> None:
    assert list(escapes("&#5\\u03362;", budget)) == ["&#5\u03362;"]
    assert list(escapes("&#65 &lt\\n", budget)) == ["A <\n"]


@pytest.mark.parametrize("text", ["100 % of it", "AT&T & Co", "a \\ b", "\\U99999999", "\\w+\\d", "plain"])
def test_what_is_no_escape_stays(text: str, budget: Budget) -> None:
    assert list(escapes(text, budget)) == []


@pytest.mark.parametrize("form", ["%{:02X}", "\\x{:02x}", "\\{:03o}"])
def test_many_bytes_that_are_no_text_are_named(form: str, budget: Budget) -> None:
    noise = bytes((n * 37 + 129) % 256 | 0x80 for n in range(200))
    list(escapes("".join(form.format(byte) for byte in noise[:64]), budget))
    assert budget.opaque == []
    list(escapes("".join(form.format(byte) for byte in noise[:65]), budget))
    assert len(budget.opaque) == 1
