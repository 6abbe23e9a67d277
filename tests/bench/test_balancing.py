"""The benchmark of balancing measures what it says: a tiny run, and what its model servers do."""

import http.client
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from bench.loading import load

HERE = Path(__file__).resolve().parent


def test_a_tiny_run_gives_figures_and_no_wrong_answer() -> None:
    ran = subprocess.run(
        [sys.executable, HERE / "balancing.py", "--rounds=1", "--seconds=0.5", "--only=least-busy"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (cells,) = re.findall(r"^  least-busy  +(\d.*)", ran.stdout, re.MULTILINE)
    rate, middle, last, bad, *shares = cells.split()
    assert int(rate) > 0
    assert 0 < int(middle) <= int(last)
    assert bad == "0"
    assert len(shares) == 4
    assert 98 <= sum(int(share.rstrip("%")) for share in shares) <= 102


def test_a_model_server_works_on_two_at_once_and_counts_what_it_served() -> None:
    balancing = load("balancing")

    def ask(url: str) -> int:
        at = urlsplit(url)
        connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)
        connection.request("POST", f"{at.path}/chat/completions", body=b'{"model": "gpt-4o-mini"}')
        status = connection.getresponse().status
        connection.close()
        return status

    with balancing.model_servers() as (urls, served), ThreadPoolExecutor(6) as callers:
        began = time.monotonic()
        assert list(callers.map(ask, [urls[-1]] * 6)) == [200] * 6
        assert time.monotonic() - began >= 3 * balancing.DELAYS_MS[-1] / 1000
        assert served == Counter({balancing.DELAYS_MS[-1]: 6})
