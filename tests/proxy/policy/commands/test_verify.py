from collections.abc import Callable
from pathlib import Path

Run = Callable[..., tuple[int, str]]


def test_a_claim_is_proved_or_refuted_by_a_request(folder: Path, run: Run, edit: Callable[[str, str], None]) -> None:
    code, output = run("verify", folder)
    assert code == 0
    assert "proved   never health in us  [p.yaml:9]\n         us by rules alone" in output
    edit("class: health}", "class: health, min_score: 0.80}")
    code, output = run("verify", folder)
    assert code == 1
    assert "REFUTED  never health in us" in output
    assert "one ILLNESS at 0.50 reaches us: stays needs min_score 0.80" in output
