"""Numbers of every scheme, drawn until they are right: invented, with true check digits."""

import datetime as dt
import random
import re
import string
from collections.abc import Callable

import pytest

from proxy.detection.recognizers.ids.find import _CLOCK, Finder
from proxy.detection.recognizers.ids.schemes import AMONG, Scheme, mask
from proxy.detection.recognizers.samples import NUMBERS

BEGINNINGS = {
    "ae_id": "7841990",
    "by_personal": "3%d%m%y9A",
    "ch_ahv": "756",
    "cn_rin": "110105%Y%m%d",
    "cu_ni": "%y%m%d",
    "gh_card": "GHA",
    "kw_civil": "2%y%m%d",
    "kz_iin": "%y%m%d3",
    "lu_cns": "%Y%m%d",
    "mx_curp": "AEAA%y%m%dHDF",
    "my_nric": "%y%m%d14",
    "id_nik": "317101%d%m%y",
    "mu_nid": "A%d%m%y",
    "in_pan": "AAAPA",
    "us_mbi": "1EG4TE5",
    "uk_licence": "",
    "si_emso": "%d%m9",
    "rs_jmbg": "%d%m9",
    "ba_jmbg": "%d%m9",
    "mk_embg": "%d%m9",
    "me_jmbg": "%d%m9",
    "md_idnp": "2",
    "pe_ruc": "10",
    "ve_rif": "V",
    "ve_ci": "V",
    "ar_cuil": "20",
    "ptin": "P",
    "us_ptin": "P0",
    "us_atin": "9",
    "bg_pnf": "",
    "vn_cccd": "001",
    "fr_nir": "185052A",
    "it_cf": "AAAAAA%yH15H501",
    "sg_nric": "S",
    "es_nie": "X",
    "de_kvnr": "A",
    "se_samordning": "",
    "ro_cnp": "1%y%m%d12",
    "br_cns": "7",
    "th_pin": "3",
    "cl_rut": "1",
    "us_dea": "B",
    "mx_rfc": "VECJ%y%m%d",
    "hu_tax": "8",
    "gt_cui": "",
    "pt_niss": "1",
}
"""What a number begins with, where drawing all of it would take long; a letter in it is kept."""
MAX_DRAWS, LONGEST_NAME = 60_000, 24


def _fill(form: str, beginning: str, source: random.Random) -> str:
    """Fill a form, its beginning given without separators."""
    born = dt.date(1955, 1, 1) + dt.timedelta(days=source.randrange(16_000))
    given = list(re.sub(r"%[dmyY]", lambda part: born.strftime(part[0]), beginning))
    filled = []
    for place in form:
        if place not in "9A":
            filled.append(place)
            continue
        char = given.pop(0) if given else ""
        fits = char and mask(char) == place
        filled.append(char if fits else source.choice(string.digits if place == "9" else string.ascii_uppercase))
    return "".join(filled)


def _bare(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text)


@pytest.fixture(scope="session")
def draw() -> Callable[[Scheme, str], str]:
    """Return a function that draws a valid number of a scheme in one of its forms."""

    def drawn(scheme: Scheme, form: str) -> str:
        source = random.Random(f"{scheme.name} {form}")
        for _ in range(MAX_DRAWS):
            text = _fill(form, BEGINNINGS.get(scheme.name, ""), source)
            bare = _bare(text)
            if scheme.valid(bare) and bare not in NUMBERS and len(set(bare)) > 2:
                return text
        raise ValueError(f"nothing valid of {scheme.name} in {form}")

    return drawn


def _spoil(scheme: Scheme, text: str) -> str | None:
    """Change one digit so that the check fails; None where there is no check."""
    for place in range(len(text) - 1, -1, -1):
        for digit in string.digits if text[place].isdigit() else "":
            changed = text[:place] + digit + text[place + 1 :]
            if not scheme.valid(_bare(changed)):
                return changed
    return None


@pytest.fixture(scope="session")
def keeps_its_promises(draw: Callable[[Scheme, str], str]) -> Callable[[Scheme], None]:
    """Return a function that asks of a scheme what all schemes promise."""

    def asked(scheme: Scheme) -> None:
        finder = Finder([scheme], kinds=())
        name = max((name for name in scheme.labels if len(name) <= LONGEST_NAME), key=len)
        for form, alone in scheme.forms:
            number = draw(scheme, form)
            expected = {(scheme.entity_type, _bare(number))}
            assert _found(finder, f"{name}: {number}") == expected
            assert _found(finder, f"Is {number} my {name}?") == (set() if scheme.form_only else expected)
            by_itself = alone > AMONG and not _CLOCK.fullmatch(_bare(number))
            assert _found(finder, f"Please note {number} for later.") == (expected if by_itself else set()), form
            wrong = _spoil(scheme, number)
            if wrong is not None:
                assert _found(finder, f"{name}: {wrong}") == set(), (form, wrong)
        written = draw(scheme, scheme.forms[0][0])
        for other in scheme.labels:
            assert _found(finder, f"{other} {written}") == {(scheme.entity_type, _bare(written))}, other

    return asked


@pytest.fixture(scope="session")
def stands_out() -> Callable[[Callable[[str], bool], str], None]:
    """Return a function that asks of a check to take a number, and hardly any that differs from it in one digit."""

    def asked(check: Callable[[str], bool], number: str) -> None:
        assert check(number)
        place = next(at for at in range(len(number) - 2, -1, -1) if number[at].isdigit())
        others = [number[:place] + digit + number[place + 1 :] for digit in "0123456789" if digit != number[place]]
        assert sum(map(check, others)) <= 1

    return asked


def _found(finder: Finder, text: str) -> set[tuple[str, str]]:
    matches = list(finder.find(text))
    assert all(match.score >= finder.emits[match.entity_type] for match in matches)
    assert all(text[match.start : match.end] for match in matches)
    return {(match.entity_type, match.value) for match in matches}
