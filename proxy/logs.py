"""What a server process says on standard error: lines of ours, and of an exception its type and place alone.

The text of an exception may quote what somebody asked. So nothing passes that Python or a library would print of one:
not from a log record, a task that nobody waits for, a thread, an object that is collected, or the end of the process.
"""

import asyncio
import json
import logging
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Any, Literal

Form = Literal["console", "json"]
Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
log = logging.getLogger(__name__)


def configure(form: Form) -> None:
    """Have this process say everything so."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Console("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda _, error, __: log.critical("ended by %s", place(error))
    sys.unraisablehook = lambda raised: log.error("ignored %s", place(raised.exc_value))
    threading.excepthook = lambda raised: log.error("a thread was ended by %s", place(raised.exc_value))


def guard(loop: asyncio.AbstractEventLoop) -> None:
    """Do the same for what ends in the event loop and nobody waits for."""
    loop.set_exception_handler(_handle)


def place(error: BaseException | None) -> str:
    """Name an exception by its type, and the line that raised it."""
    if error is None:
        return "an exception that is gone"
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}" if frames else type(error).__name__


def _handle(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    log.error("%s: %s", context.get("message", "unhandled"), place(context.get("exception")))


class _Console(logging.Formatter):
    def formatException(self, ei: Raised) -> str:  # noqa: N802 - the library's name
        return place(ei[1])

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = record.stack_info = None  # another formatter may have left its own there
        return super().format(record).replace("\n", " | ")


class _Json(_Console):
    def format(self, record: logging.LogRecord) -> str:
        said = {"level": record.levelname, "logger": record.name, "message": record.getMessage(), "pid": record.process}
        raised = {"raised": place(record.exc_info[1])} if record.exc_info else {}
        at = self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z"
        return json.dumps({"time": at, **said, **raised})

    @staticmethod
    def converter(seconds: float | None = None) -> time.struct_time:
        return time.gmtime(seconds)
