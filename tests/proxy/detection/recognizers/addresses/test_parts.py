import re

import pytest

from proxy.detection.recognizers.addresses.parts import NUMBER, PARTICLES, is_cased


@pytest.mark.parametrize("written", ["12", "12b", "12 B", "12-14", "2/19", "12 1/2", "38-40", "5/22"])
def test_house_numbers_are_read_whole(written: str) -> None:
    assert re.fullmatch(NUMBER, written)


def test_particles_need_no_capitals() -> None:
    assert is_cased(["Rue", "de", "la", "Paix"], PARTICLES)
    assert is_cased(["Rue", "d'Alger"], PARTICLES)
    assert not is_cased(["Great", "ways"], PARTICLES)
