"""The organisation's and the vendors' model servers: what is configured, and the one door to them."""

import sys

# httpx offers a command line of its own and imports rich and pygments for it, unless it cannot: a tenth of a second at
# each start of a server.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
