"""Manifests of packs that wait for the signer: whoever makes a pack asks here again and again, and so does the signer.

Nothing here signs anything. Blocking for nobody; safe to call from any thread.
"""

import threading
from collections import OrderedDict
from typing import Any

from audit.pack.manifest import read_statement
from proxy.errors import RequestRefused

MOST = 16
"""Statements that are kept, the oldest is forgotten first."""


class Manifests:
    """Statements by their text, each with its note once it is signed; an empty note: the signer does not sign it."""

    def __init__(self) -> None:
        self._notes: OrderedDict[str, str | None] = OrderedDict()
        self._lock = threading.Lock()

    def sign(self, text: str) -> dict[str, Any]:
        """Say how it stands with a statement, and ask for it the first time: `note`, or `waits` while there is none."""
        if read_statement(text) is None:
            raise RequestRefused("This is not the statement of a manifest.")
        with self._lock:
            note = self._notes.setdefault(text, None)
            while len(self._notes) > MOST:
                self._notes.popitem(last=False)
        return {"waits": True} if note is None else {"note": note}

    def asked(self) -> dict[str, Any]:
        """Return one that waits, for the signer."""
        with self._lock:
            waiting = next((text for text, note in self._notes.items() if note is None), None)
        return {} if waiting is None else {"text": waiting}

    def signed(self, text: str, note: str = "") -> dict[str, Any]:
        """Take what the signer made of it."""
        with self._lock:
            if text in self._notes:
                self._notes[text] = note
        return {}
