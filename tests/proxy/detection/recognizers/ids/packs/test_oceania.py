from collections.abc import Callable

import pytest

from proxy.detection.recognizers.ids.packs.oceania import PACKS
from proxy.detection.recognizers.ids.schemes import Scheme


@pytest.mark.parametrize("scheme", [pytest.param(one, id=one.name) for pack in PACKS.values() for one in pack])
def test_a_scheme_is_found_by_its_names_with_its_check_digit_only(
    scheme: Scheme, keeps_its_promises: Callable[[Scheme], None]
) -> None:
    keeps_its_promises(scheme)
