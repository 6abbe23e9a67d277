import pytest

from proxy.detection.recognizers.addresses.famous import FAMOUS, is_known


@pytest.mark.parametrize(
    "address",
    [
        "10 Downing Street, London",
        "1600 Pennsylvania Avenue NW",
        "221B Baker Street",
        "51 Franklin St, Fifth Floor, Boston, MA 02110-1301",
        "742 Evergreen Terrace",
        "Musterstraße 5, 12345 Musterstadt",
        "123 Main Street",
        "123 Main St.",
        "12 Fake Street",
        "123 Main Street, Anytown, USA",
    ],
)
def test_everybody_knows_these(address: str) -> None:
    assert is_known(address)


@pytest.mark.parametrize(
    "address", ["110 Downing Street", "10 Downing Streetview", "123 Main St, Katy, TX 77494", "51 Franklin Avenue"]
)
def test_their_neighbours_are_somebodys(address: str) -> None:
    assert not is_known(address)


def test_the_list_is_spelled_as_it_is_compared() -> None:
    assert all(is_known(address.title()) for address in FAMOUS)
