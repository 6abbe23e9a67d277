import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.forwarded import HEADER, caller, networks

OURS = networks("10.0.0.0/8, fd00::/8")
ADDRESSES = st.one_of(st.ip_addresses().map(str), st.sampled_from(["10.1.2.3", "10.9.9.9", "fd00::1", "nobody", ""]))


def told(*lines: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"x"), *((HEADER, line.encode("latin-1")) for line in lines)]


@pytest.mark.parametrize(
    ("peer", "lines", "address"),
    [
        ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1", "203.0.113.7,10.0.0.2"], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["203.0.113.7, unknown, 10.0.0.2"], "10.0.0.2"),
        ("::ffff:10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("fd00::1", ["::ffff:203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["203.0.113.7:4711"], "10.0.0.1"),
        ("10.0.0.1", ["fe80::1%whatever a caller likes, 10.0.0.2"], "fe80::1"),
    ],
)
def test_the_nearest_address_that_is_not_trusted_counts(peer: str, lines: list[str], address: str) -> None:
    assert caller(peer, told(*lines), OURS) == address


@given(peer=ADDRESSES, before=st.lists(ADDRESSES, max_size=4), after=st.lists(ADDRESSES, min_size=1, max_size=4))
def test_what_a_caller_writes_before_what_balancers_add_changes_nothing(
    peer: str, before: list[str], after: list[str]
) -> None:
    if not _all_trusted(peer, *after):
        written = caller(peer, told(",".join([*before, *after])), OURS)
        assert written == caller(peer, told(",".join(after)), OURS)


def _all_trusted(*addresses: str) -> bool:
    """Whether all are of balancers, so that what comes before counts."""
    try:
        return all(any(ipaddress.ip_address(each) in network for network in OURS) for each in addresses)
    except ValueError:
        return False


@given(peer=ADDRESSES, lines=st.lists(ADDRESSES, max_size=4))
def test_without_anybody_trusted_the_peer_counts(peer: str, lines: list[str]) -> None:
    assert caller(peer, told(",".join(lines)), ()) == peer
