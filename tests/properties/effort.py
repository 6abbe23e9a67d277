"""How much the property tests try: RINGFENCE_TEST_EXAMPLES asks for more examples than usual, and for new ones."""

import os

from hypothesis import HealthCheck, Phase, settings

ASKED = int(os.environ.get("RINGFENCE_TEST_EXAMPLES", "0"))


def effort(examples: int) -> settings:
    """Return settings for so many examples: the same in every run, unless more were asked for."""
    return settings(
        max_examples=examples,
        derandomize=not ASKED,
        deadline=None,
        database=None,
        print_blob=bool(ASKED),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
