from audit.evidence.readme import README


def test_it_says_in_plain_text_what_is_not_proven_and_how_to_check() -> None:
    text = README.decode("ascii")
    assert text.endswith("\n")
    assert max(map(len, text.splitlines())) <= 120
    for said in (
        "does not prove",
        "verify.py",
        "verify.html",
        "--trust",
        "nonce",
        "reconcile",
        "qualified reader",
        "nobody else read",
    ):
        assert said in text, said
