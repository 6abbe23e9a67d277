import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.spoken import spoken


@pytest.mark.parametrize(
    "written",
    [
        "ada.lo(at)mail(dot)net",
        "ada.lo [at] mail [dot] net",
        "ada punkt lo ät mail punkt net",
        "ada punto lo chiocciola mail punto net",
        "ada punto lo arroba mail punto net",
        "ada ponto lo arroba mail ponto net",
        "ada point lo arobase mail point net",
        "ada punt lo apenstaartje mail punt net",
        "ada kropka lo małpa mail kropka net",
        "ada punkt lo snabel-a mail punkt net",
        "ada.lo {at} mail.net",
    ],
)
def test_an_address_that_is_spelled_out_gets_its_signs(written: str, budget: Budget) -> None:
    assert list(spoken(f"write to {written} please", budget)) == ["write to ada.lo@mail.net please"]


@pytest.mark.parametrize("text", ["Carlos (at) home", "x [a] y", "arroba", "malpa i kot"])
def test_other_words_stay(text: str, budget: Budget) -> None:
    assert list(spoken(text, budget)) == []
