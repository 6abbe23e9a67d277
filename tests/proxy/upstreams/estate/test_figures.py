from ticking import Ticks

from proxy.upstreams.estate.figures import SAMPLES, SLOT_S, WINDOW_S, Figures


def test_nothing_happened_yet() -> None:
    assert Figures(Ticks()).report() == {"requests": 0, "failures": 0, "ttfb_ms": None}


def test_it_counts_requests_and_failures_and_orders_the_times_to_the_first_byte() -> None:
    figures = Figures(Ticks())
    for number in range(1, 101):
        figures.add(ok=number % 10 != 0, ttfb_us=number * 1000)
    figures.add(ok=False, ttfb_us=None)
    assert figures.report() == {"requests": 101, "failures": 11, "ttfb_ms": {"median": 50.5, "p95": 95.0}}


def test_one_time_is_every_percentile() -> None:
    figures = Figures(Ticks())
    figures.add(ok=True, ttfb_us=1234)
    assert figures.report()["ttfb_ms"] == {"median": 1.2, "p95": 1.2}


def test_after_five_minutes_it_is_forgotten() -> None:
    clock = Ticks()
    figures = Figures(clock)
    figures.add(ok=True, ttfb_us=1000)
    clock.now += WINDOW_S - SLOT_S
    figures.add(ok=False, ttfb_us=3000)
    assert figures.report() == {"requests": 2, "failures": 1, "ttfb_ms": {"median": 2.0, "p95": 3.0}}
    clock.now += SLOT_S
    assert figures.report() == {"requests": 1, "failures": 1, "ttfb_ms": {"median": 3.0, "p95": 3.0}}
    clock.now += WINDOW_S
    assert figures.report() == {"requests": 0, "failures": 0, "ttfb_ms": None}


def test_memory_is_bounded_and_the_newest_times_are_kept_while_all_are_counted() -> None:
    clock = Ticks()
    figures = Figures(clock)
    for number in range(3 * SAMPLES):
        clock.now += 0.01
        figures.add(ok=True, ttfb_us=1000 if number < 2 * SAMPLES else 9000)
    assert figures.report() == {"requests": 3 * SAMPLES, "failures": 0, "ttfb_ms": {"median": 9.0, "p95": 9.0}}
    assert len(figures._first_bytes) == SAMPLES
    for _ in range(1000):
        clock.now += 5
        figures.add(ok=True, ttfb_us=None)
    assert len(figures._slots) <= WINDOW_S / SLOT_S + 1
