import re

from harness import ROOT

from proxy.settings import Settings
from proxy.settings_reference import HEADINGS, reference

PAGE = ROOT / "deploy" / "docs" / "settings.md"


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "make settings"


def test_every_setting_is_explained_under_a_heading() -> None:
    rows = re.findall(r"^\| `RINGFENCE_(\w+)` \| ([^|]+) \| (.+) \|$", reference(), re.MULTILINE)
    assert [name.lower() for name, _, _ in rows] == list(Settings.model_fields)
    assert HEADINGS.keys() <= Settings.model_fields.keys()
    for name, default, text in rows:
        assert len(text.split()) > 4, name
        assert "/" not in default or default.startswith(("`~", "`$", "`policies", "`deploy", "`ringfence.local")), name


def test_defaults_and_bounds_are_said() -> None:
    page = reference()
    assert "| `RINGFENCE_PORT` | `8080` | The port to listen on; 0 takes a free one" in page
    assert "A number from 0 to 65535. |" in page
    assert "One of `deny`, `spool_local`. |" in page
    assert "| `RINGFENCE_AUDIT_URL` | - |" in page
