import re
from xml.etree import ElementTree as ET

import pytest

from proxy.model_bench.asking import Timing
from proxy.model_bench.figures import Figures, figures
from proxy.model_bench.plot import COLOURS, HIGH, TOP, Scale, _round_up, svg

SPACE = "{http://www.w3.org/2000/svg}"


def found(*models: str) -> list[Figures]:
    timings = [Timing("", 0.1 * n, 1.0, 11) for n in (1, 2, 3)]
    return [figures(model, level, timings, 1.0 * level) for model in models for level in (1, 4, 16)]


def test_a_plot_is_xml_with_a_line_and_a_point_for_each_model_and_level_in_both_panels() -> None:
    root = ET.fromstring(svg("gpu-1", found("a", "b")))  # noqa: S314 - our own
    assert len(root.findall(f"{SPACE}polyline")) == 4
    points = root.findall(f"{SPACE}circle")
    assert len(points) == 12
    assert {point.get("fill") for point in points} == set(COLOURS[:2])
    assert all(TOP <= float(str(point.get("cy"))) <= TOP + HIGH for point in points)
    texts = [text.text for text in root.findall(f"{SPACE}text")]
    assert {"gpu-1", "a", "b", "1", "4", "16", "requests in flight"} <= set(texts)


def test_what_a_name_holds_is_text_and_no_markup() -> None:
    drawn = svg('<script>alert("x")</script>\x1b', found("模型 & <b>"))
    ET.fromstring(drawn)  # noqa: S314 - our own
    assert "<script>" not in drawn
    assert "模型 &amp; &lt;b&gt;" in drawn


@pytest.mark.parametrize("number", [0, 1, 20])
def test_any_number_of_models_is_drawn(number: int) -> None:
    drawn = svg("t", found(*[f"m{n}" for n in range(number)]))
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    height = float(str(root.get("viewBox")).split()[3])
    assert all(float(y) < height for y in re.findall(r' y="([\d.]+)"', drawn))


def test_a_round_without_answers_is_no_point() -> None:
    drawn = svg("t", [figures("m", 1, [Timing("refused")], 1.0)])
    assert "<circle" not in drawn


@pytest.mark.parametrize(("most", "top"), [(0, 1), (0.07, 0.08), (1, 1), (3, 4), (4.5, 8), (81, 100), (1234, 2000)])
def test_an_axis_ends_at_a_number_whose_quarters_are_easy(most: float, top: float) -> None:
    assert _round_up(most) == pytest.approx(top)


def test_times_are_drawn_by_decades_and_all_that_is_drawn_is_within_the_panel() -> None:
    scale = Scale.of([318, 16009], decades=True)
    assert (scale.low, scale.high, scale.ticks) == (100, 100_000, [100, 1000, 10_000, 100_000])
    assert scale.y(100) == TOP + HIGH
    assert scale.y(100_000) == TOP
    assert Scale.of([], decades=True).ticks == [1, 10]
    assert Scale.of([0.0], decades=False).ticks == [0, 0.25, 0.5, 0.75, 1]
