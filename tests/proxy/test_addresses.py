import pytest

from proxy.addresses import is_loopback, is_plain, is_private


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "::", "localhost.example", "example.com", ""])
def test_every_other_host_is_another_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("url", ["https://w.example", "http://w.example:81/a/b", "http://[::1]:8080"])
def test_the_url_of_a_server_or_of_a_path_on_it_is_plain(url: str) -> None:
    assert is_plain(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "w.example", "ftp://w.example", "https://", "https://w.example:0", "https://w.example:x"),
        *("https://user@w.example", "https://w.example/?a", "https://w.example/#a", "https://[::1"),
    ],
)
def test_no_other_is(url: str) -> None:
    assert not is_plain(url)


@pytest.mark.parametrize("url", ["https://w.example/a", "http://127.0.0.1:4318/v1/traces", "http://localhost"])
def test_what_goes_there_nobody_else_can_read(url: str) -> None:
    assert is_private(url)


@pytest.mark.parametrize("url", ["http://w.example", "http://10.0.0.1:4318", "https://user@w.example", "unix:///x", ""])
def test_what_goes_anywhere_else_somebody_may(url: str) -> None:
    assert not is_private(url)
