import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.layout import layout


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("R o s a m u n d   T h i s t l e", "Rosamund Thistle"),
        ("for R o s a m u n d  L o, please", "for Rosamund Lo, please"),
        ('"4 9 2 9   7 1 8 2"', '"4929 7182"'),
        ("a d a @ m a i l . n e t", "ada@mail.net"),
        ("Y.D.N.K.D.G.6.6.L", "YDNKDG66L"),
        ("9.4...0.7...1.4.-.8.4.0...8.4", "94.07.14-840.84"),
        ("+-4-9-1-7-6", "+49176"),
        ("s_e_c_r_e_t", "secret"),
        ("-.-.B.E.G.I.N", "--BEGIN"),
        ("is -.-.-.-.-.B.E.G.I.N", "is -----BEGIN"),
        ("A|d|a| |L|o|v|e", "Ada Love"),
        ("4929<b>7182</b>0364<wbr>5103", "4929718203645103"),
        ("jo<span class='x'>hn</span>@mail.net", "john@mail.net"),
        ("4929<!-- x -->7182", "49297182"),
        ("<p><![CDATA[4929]]>7182", "<p><![CDATA[49297182"),
        ("4929**7182**0364", "492971820364"),
        ('"4929" + "7182" + "0364"', '"492971820364"'),
        ("'4929' . '7182'", "'49297182'"),
        ('"4929"\n   "7182"', '"49297182"'),
        ('["4929", "7182"].join("")', '"49297182".join("")'),
        ("concat('ada@', 'mail.net')", 'concat"ada@mail.net"'),
    ],
)
def test_what_stands_within_a_value_is_taken_out(written: str, read: str, budget: Budget) -> None:
    assert read in list(layout(written, budget))


@pytest.mark.parametrize(
    "text",
    [
        "- - - - - - - - -",
        "-----------------",
        "1 0 1 1 0 0 1 0 1",
        "| | | | | | | | |",
        "I am a man of 3 x 4",
        "Chapter one ............ 5",
        "<b>Ada</b> and <i>Bo</i>",
        '"key": "value", "other": "x"',
        '["Ada", "Bo"]',
        "a ** b",
        '"one " "two"',
        "",
    ],
)
def test_ordinary_signs_stay(text: str, budget: Budget) -> None:
    assert list(layout(text, budget)) == []
