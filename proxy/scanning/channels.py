"""The texts that an answer consists of, as they grow: what is new, how much of it is settled, what was read.

A text is kept from where its context begins, so what is kept is bounded by what was not read yet. A string that says
once more what a text said whole, as the last events of a response do, costs nothing.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from proxy.detection.findings import Segment, Unit
from proxy.detection.words import SCHEMA_WORDS
from proxy.scanning.pieces import LONGEST_KNOWN, MAX_KNOWN, TooDeepError, Way, pieces
from proxy.scanning.settled import HOLD, opening, settled

MAX_TEXTS = 1000
"""Texts of one answer that are told apart."""
WORTH_COMPARING = 64
"""Characters of a string from which on it is compared with what was said before."""
PATH, MESSAGE = "answer", "content"
_IDENTIFIER = re.compile(r"(?!.*\d{9})[A-Za-z0-9_.:/-]{1,64}")
TOO_MANY, TOO_DEEP = "answer_bound", "nesting"


class Text:
    """One text. Positions count its characters from the first; `start` is that of the first that is kept."""

    __slots__ = ("_digest", "_digested", "_first", "_varies", "content", "end", "key", "left", "read", "scope", "start")

    def __init__(self, key: str, scope: Way) -> None:
        self.key = key
        self.scope = scope
        self.content = ""
        self.start = self.end = self.read = 0
        self.left = False
        """Whether others of the same choice or item speak, and this one does not."""
        self._first = ""
        self._varies = False
        self._digest = hashlib.blake2b(digest_size=16)
        self._digested = 0

    def add(self, piece: str, *, apart: bool) -> None:
        """Let the text go on; `apart`: with another string of the same list."""
        if not piece:
            return
        if not self.end:
            self._first = piece
        elif piece != self._first:
            self._varies = True
        elif not self._varies and self.end > HOLD + len(piece):
            return  # nothing but repetition: whatever it contains was said before
        more = f"\n{piece}" if apart else piece
        self.content += more
        self.end += len(more)

    def says(self, size: int, digest: bytes) -> bool:
        """Whether the whole text is one of this length and digest."""
        if self.end != size:
            return False
        self._take_in()
        return self._digest.digest() == digest

    def settled(self, *, ended: bool) -> int:
        """Return the position up to which it can be judged. What only repeats itself is not waited for."""
        repeats = not self._varies and self.end > len(self._first)
        return self.end if ended or self.left or repeats else self.start + settled(self.content)

    def window(self, upto: int) -> str:
        """Return what is new up to a position, after its context."""
        return self.content[opening(self.content, self.read - self.start) : upto - self.start]

    def cut(self, upto: int, size: int) -> int:
        """Return a position at most so many characters after what was read, where no value is cut if that can be."""
        limit = self.read + size
        return upto if upto <= limit else self.start + settled(self.content[: limit - self.start])

    def forget(self, room: int) -> int:
        """Forget what was not read beyond so many characters, for good; return how much of the room is left."""
        self.end = min(self.end, self.read + room)
        self.content = self.content[: self.end - self.start]
        return room - (self.end - self.read)

    def was_read(self, upto: int) -> None:
        """Take note of that, and forget what is no longer needed."""
        self._take_in()
        self.read = max(self.read, upto)
        keep = opening(self.content, self.read - self.start)
        self.content = self.content[keep:]
        self.start += keep

    def _take_in(self) -> None:
        """Let the digest be that of all that came."""
        self._digest.update(self.content[self._digested - self.start :].encode("utf-8", "surrogatepass"))
        self._digested = self.end


Marks = Mapping[Text, int]
"""What has to be read before an event can be let go: texts, each up to a position."""


def were_read(marks: Marks) -> bool:
    """Whether all of that was."""
    return all(text.read >= position for text, position in marks.items())


class Window(NamedTuple):
    """What is to be scanned of one text, and up to which position that is."""

    text: Text
    content: str
    upto: int


@dataclass(slots=True)
class Channels:
    """All texts of one answer. `failures` says why some of it cannot be read."""

    identifiers: bool = True
    """Whether names are read that are one short word, as ids are."""
    failures: set[str] = field(default_factory=set)
    _texts: dict[Way, Text] = field(default_factory=dict)
    _names: Text = field(default_factory=lambda: Text("", ()))
    """Strings that stand alone, a line each."""
    _known: set[str] = field(default_factory=set)
    """What need not be read as a name; of that, what was read need not be read wherever it stands."""
    _read: set[str] = field(default_factory=set)

    def take(self, answer: dict[str, Any], beside: str = "") -> Marks:
        """Take the strings of an answer or event, and what stands beside it; return what it depends on."""
        try:
            said = pieces(answer, self._known)
        except TooDeepError:
            self.failures.add(TOO_DEEP)
            return {}
        marks: dict[Text, int] = {}
        spoke: set[Way] = set()
        if beside:
            self._name(beside, marks)
        for way, scope, piece in said.pieces:
            if not way:
                self._name(piece, marks)
            elif text := self._text(way, scope):
                begins = text.read == text.end and (way in spoke or not text.end)
                again = self._same(piece) if begins else None
                text.add(piece, apart=way in spoke)
                if again is not None:  # read there; what follows here is read after it
                    marks[again] = again.end
                    text.was_read(text.end)
                text.left = False
                marks[text] = text.end
                spoke.add(way)
        self._leave(said.scopes, spoke)
        return marks

    def waiting(self) -> int:
        """Return how many characters were not read yet."""
        waiting = self._names.end - self._names.read
        for text in self._texts.values():
            waiting += text.end - text.read
        return waiting

    def forget(self, room: int) -> None:
        """Forget what is beyond so many characters that were not read yet; nothing is to be taken after that."""
        for text in self._all():
            room = text.forget(room)

    def due(self, *, ended: bool, size: int | None = None) -> list[Window]:
        """Return what can be scanned now: of each text all that is settled, or `size` characters of it at most."""
        windows = []
        for text in self._all():
            upto = text.settled(ended=ended or text is self._names)
            if size is not None:
                upto = text.cut(upto, size)
            if upto > text.read:
                windows.append(Window(text, text.window(upto), upto))
        return windows

    def leave(self, marks: Marks) -> None:
        """Do not wait any longer for how these texts go on."""
        for text in marks:
            text.left = True

    def _all(self) -> list[Text]:
        return [self._names, *self._texts.values()]

    def _name(self, name: str, marks: dict[Text, int]) -> None:
        if name in self._read or name in SCHEMA_WORDS:
            return
        if len(self._read) < MAX_KNOWN and len(name) <= LONGEST_KNOWN:
            self._read.add(name)
            self._known.add(name)
        if not self.identifiers and _IDENTIFIER.fullmatch(name):
            return
        self._names.add(name, apart=True)
        marks[self._names] = self._names.end

    def _text(self, way: Way, scope: Way) -> Text | None:
        """Return the text that a piece belongs to; None where there is no room for another one."""
        text = self._texts.get(way)
        if text is None:
            if len(self._texts) >= MAX_TEXTS:
                self.failures.add(TOO_MANY)
                return None
            key = next((part for part in reversed(way) if isinstance(part, str)), "")
            text = self._texts[way] = Text(key, scope)
        return text

    def _same(self, piece: str) -> Text | None:
        """Return a text that is just this, whole."""
        sized = [text for text in self._texts.values() if text.end == len(piece) >= WORTH_COMPARING]
        digest = hashlib.blake2b(piece.encode("utf-8", "surrogatepass"), digest_size=16).digest() if sized else b""
        return next((text for text in sized if text.says(len(piece), digest)), None)

    def _leave(self, scopes: set[Way], spoke: set[Way]) -> None:
        for way, text in self._texts.items():
            if text.read < text.end and text.scope in scopes and way not in spoke:
                text.left = True


def grouped(windows: list[Window], size: int, alone: str | None = None) -> Iterator[list[Window]]:
    """Yield what is scanned at once: about so many characters, or one long text; and each text under one key alone."""
    group: list[Window] = []
    for window in windows:
        if window.text.key == alone:
            yield [window]
            continue
        if group and sum(len(each.content) for each in group) + len(window.content) > size:
            yield group
            group = []
        group.append(window)
    if group:
        yield group


def unit(windows: list[Window]) -> Unit:
    """Return what is scanned at once: a string for each text, of which none goes on in the next.

    A message alone is the very unit that it will be when the caller sends it back, so that its scan is kept for then.
    """
    if len(windows) == 1 and windows[0].text.key == MESSAGE:
        role = Segment(f"{PATH}.role", "role", "assistant")
        return Unit(PATH, "assistant", (role, Segment(f"{PATH}.{MESSAGE}", MESSAGE, windows[0].content)))
    segments = [Segment(f"{PATH}.text_{number}", "", window.content) for number, window in enumerate(windows)]
    return Unit(PATH, "assistant", tuple(segments))
