from ticking import Ticks

from proxy.upstreams.estate.retries import FLOOR_PER_S, SHARE, WINDOW_S, Retries

FLOOR = FLOOR_PER_S * WINDOW_S


def spent(retries: Retries) -> int:
    """Take every further attempt that is allowed, and say how many these were."""
    count = 0
    while retries.allowed():
        retries.began(further=True)
        count += 1
    return count


def test_a_quiet_server_may_fall_back_now_and_then() -> None:
    retries = Retries(Ticks())
    assert spent(retries) == FLOOR
    assert not retries.allowed()


def test_of_many_requests_a_share_may_be_tried_again() -> None:
    retries = Retries(Ticks())
    for _ in range(1000):
        retries.began(further=False)
    assert spent(retries) == FLOOR + SHARE * 1000


def test_what_is_long_ago_counts_no_more() -> None:
    clock = Ticks()
    retries = Retries(clock)
    assert spent(retries) == FLOOR
    clock.now += WINDOW_S - 1
    assert spent(retries) == 0
    clock.now += 1
    assert spent(retries) == FLOOR


def test_when_all_fail_attempts_are_hardly_more_than_requests() -> None:
    clock = Ticks()
    retries = Retries(clock)
    attempts = requests = 0
    for _ in range(60):
        clock.now += 1
        for _ in range(100):
            requests += 1
            attempts += 1
            retries.began(further=False)
            while retries.allowed():
                retries.began(further=True)
                attempts += 1
    assert attempts <= requests * (1 + SHARE) + FLOOR * 7


def test_it_keeps_no_more_than_its_window() -> None:
    clock = Ticks()
    retries = Retries(clock)
    for _ in range(1000):
        clock.now += 0.5
        retries.began(further=False)
    assert len(retries._seconds) <= WINDOW_S
