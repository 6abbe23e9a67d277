import pytest

from proxy.addresses import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "::", "localhost.example", "example.com", ""])
def test_every_other_host_is_another_machine(host: str) -> None:
    assert not is_loopback(host)
