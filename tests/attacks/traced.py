"""A command under strace: which addresses it, and whatever it starts, tried to reach; used as a launcher by itself."""

import os
import re
import shutil
import sys
from pathlib import Path

TRACE = "STRACE_TO"
"""Where the launcher writes to."""
CALLS = "connect,sendto,sendmsg,sendmmsg"
REACHED = re.compile(r'sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')


def possible() -> bool:
    """Whether there is a strace."""
    return shutil.which("strace") is not None


def under(trace: Path, *command: str) -> list[str]:
    """Return the command that runs another and writes each of these calls of it and its children to a file."""
    how = ["-f", "-q", "--seccomp-bpf", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace)]
    return ["strace", *how, *command]


def reached(trace: Path) -> set[tuple[str, int]]:
    """Return every address and port that was tried, a name server's too: a name that is looked up shows there."""
    return {(host, int(port)) for port, host in REACHED.findall(trace.read_text(errors="replace"))}


if __name__ == "__main__":
    command = under(Path(os.environ.pop(TRACE)), sys.executable, "-m", "proxy", *sys.argv[1:])
    os.execvp(command[0], [command[0], "-D", *command[1:]])  # noqa: S606 - and stays what the test started
