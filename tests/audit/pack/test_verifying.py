"""Whatever is done to a pack is found, and an honest one is not."""

import pytest
from pack_attacks import ATTACKS, Attack
from packs import Workshop


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_every_attack_on_a_pack_is_found_and_nothing_else(attack: Attack, workshop: Workshop) -> None:
    judged = workshop.judge(attack.forge(workshop))
    assert {finding.code for finding in judged.report.findings} == attack.codes
    assert judged.report.ok is (not attack.codes)
    assert (judged.report.grade == "failed") is bool(attack.codes)
