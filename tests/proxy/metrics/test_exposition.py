import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from proxy.metrics.exposition import Told, text, told

NAMES = st.from_regex(r"ringfence_[a-z]{1,8}", fullmatch=True)
VALUES = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False))
FIGURES = st.dictionaries(NAMES, st.dictionaries(st.text(max_size=8), VALUES, max_size=4), max_size=4)


def family(name: str, figures: dict[str, float]) -> Metric:
    made = GaugeMetricFamily(name, "What is\nthere.", labels=("who",))
    for who, value in figures.items():
        made.add_metric((who,), value)
    return made


@given(processes=st.lists(FIGURES, min_size=1, max_size=3))
def test_the_figures_of_all_processes_are_read_from_one_text(processes: list[dict[str, dict[str, float]]]) -> None:
    sent: dict[int, Told] = {
        number: json.loads(json.dumps(told(family(name, figures) for name, figures in each.items())))
        for number, each in enumerate(processes)
    }
    families = list(text_string_to_metric_families(text(sent).decode()))
    assert len({one.name for one in families}) == len(families), "each is described once"
    read = {
        (one.name, sample.labels["process"], sample.labels["who"]): sample.value
        for one in families
        for sample in one.samples
    }
    assert read == {
        (name, str(number), who): float(value)
        for number, each in enumerate(processes)
        for name, figures in each.items()
        for who, value in figures.items()
    }


@pytest.mark.parametrize("broken", [[["a"]], [["a", "b", "no type", []]], [["a", "b", "gauge", [["a", {}, "x"]]]]])
def test_what_is_no_figure_is_refused(broken: Told) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        text({0: broken})
