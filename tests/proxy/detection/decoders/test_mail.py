import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.mail import mail


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("From: =?utf-8?B?SsO2cmcgTG8=?= <x>", "From: Jörg Lo <x>"),
        ("=?UTF-8?Q?J=C3=B6rg_Lo?=", "Jörg Lo"),
        ("=?iso-8859-1?q?J=F6rg?= =?utf-8?q?_Lo?=", "Jörg Lo"),
        ("=?nonsense?q?J=F6rgen_is_my_name?=", "Jörgen is my name"),
        ("J=C3=B6rg wrote", "Jörg wrote"),
        ("(415)=20867-5864", "(415) 867-5864"),
        ("a long li=\nne =3D 1", "a long line = 1"),
        ("http://xn--mnchen-3ya.de", "http://münchen.de"),
    ],
)
def test_what_mail_and_host_names_are_encoded_with_is_undone(written: str, read: str, budget: Budget) -> None:
    assert read in list(mail(written, budget))


def test_a_number_behind_a_sign_of_equality_is_also_read_as_one(budget: Budget) -> None:
    written = "card=4874=202547=2034597 of J=C3=B6rg"
    assert list(mail(written, budget)) == ["cardH74 2547 34597 of Jörg", "card=4874 2547 34597 of Jörg"]


@pytest.mark.parametrize(
    "text", ["=?utf-8?B?SsO2cmcgTG8\u00fc?=", "=?undefined?q?a?=", "=?\u00fc?q?=00=01?=", "=?idna?q?xn--=FF?="]
)
def test_words_that_are_wrong_upset_nobody(text: str, budget: Budget) -> None:
    assert all(isinstance(view, str) for view in mail(text, budget))


@pytest.mark.parametrize("text", ["a=10&b=20", "x =? y ?=", "if a==b:", "xn--"])
def test_other_signs_of_equality_stay(text: str, budget: Budget) -> None:
    assert list(mail(text, budget)) == []
