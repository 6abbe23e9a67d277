"""Stands in for `ringfence audit export`: says how far it is, and writes what it is told to by files beside its own.

In its folder, `fail` (its text goes to stderr), `hang` and `lines` change what it does.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path

out = Path(sys.argv[sys.argv.index("--out") + 1])
told = out.parent.parent
(told / "arguments").write_text(json.dumps([sys.argv[1:], os.getpriority(os.PRIO_PROCESS, 0)]))
print(json.dumps({"progress": {"phase": "records", "done": 2, "total": 5}}), flush=True)
while (told / "hang").exists():
    time.sleep(0.02)
if (told / "fail").exists():
    out.with_name(f".{out.name}.part").write_bytes(b"half")
    sys.stderr.write((told / "fail").read_text())
    raise SystemExit(2)
content = b"a pack"
out.write_bytes(content)
pack = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "size": 5, "rows": 5, "first": 0}
print("no JSON at all", flush=True)
print(json.dumps({"pack": {**pack, "last": 4, "path": str(out), "signed": True}}), flush=True)
