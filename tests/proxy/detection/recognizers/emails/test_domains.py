import pytest

from proxy.detection.recognizers.emails.domains import RESERVED, domain, is_code, is_nobodys, top_levels


def test_the_list_of_top_level_domains_is_whole() -> None:
    assert len(top_levels()) > 1400
    assert {"com", "museum", "xn--p1ai", "de"} <= top_levels()
    assert top_levels().isdisjoint({"png", "service", "local", "example", "header"})


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("acme.io", "acme.io"),
        ("acme.io.Then", "acme.io"),
        ("mail.acme.co.uk", "mail.acme.co.uk"),
        ("corp.local", "corp.local"),
        ("例子.公司", "例子.公司"),
        ("2x.png", None),
        ("acme", None),
    ],
)
def test_a_domain_ends_in_one_of_them(written: str, name: str | None) -> None:
    assert domain(written) == name


@pytest.mark.parametrize("host", ["example.com", "mail.example.co.uk", "example", "a.test", "x.invalid", "localhost"])
def test_domains_for_documentation_are_reserved(host: str) -> None:
    assert RESERVED.fullmatch(host)


@pytest.mark.parametrize("host", ["examples.io", "latest.com", "my-example.com", "testing.de"])
def test_domains_like_them_are_not(host: str) -> None:
    assert not RESERVED.fullmatch(host)


@pytest.mark.parametrize(
    ("local", "host"),
    [
        ("noreply", "github.com"),
        ("no-reply+x", "acme.io"),
        ("dependabot", "acme.io"),
        ("git", "acme.io"),
        ("dev", "lists.acme.io"),
        ("you", "yourcompany.com"),
        ("jane", "yourcompany.com"),
        ("foo", "bar.com"),
        ("svc", "cluster.local"),
        ("pkg", "1.2.3-alpha.dev"),
    ],
)
def test_machines_lists_and_placeholders_are_nobodys(local: str, host: str) -> None:
    assert is_nobodys(local, host)


@pytest.mark.parametrize(
    ("local", "host"),
    [
        ("jane.doe", "corp.local"),
        ("test", "acme.io"),
        ("info", "acme.io"),
        ("jane", "bar.com"),
        ("noreplyman", "gmx.de"),
    ],
)
def test_people_and_companies_are_somebodys(local: str, host: str) -> None:
    assert not is_nobodys(local, host)


def test_files_and_attributes_are_code() -> None:
    assert is_code("latin.mo", "/", "")
    assert is_code("w.to", " ", "(")
    assert not is_code("acme.to", " ", "")
    assert not is_code("acme.com", " ", "(")
