"""A headless Chromium that tests steer: the DevTools protocol over two pipes, without a port or another package.

Messages are JSON, each ended by a zero byte, as `--remote-debugging-pipe` has it. One thread, and nothing is waited for
but answers and conditions. What a page, its workers and its frames ask the network for, and what they complain of
(uncaught errors, console errors, violations of the content security policy) is kept.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--headless=new --remote-debugging-pipe --no-first-run --no-default-browser-check --disable-gpu "
    "--disable-dev-shm-usage --disable-background-networking --disable-component-update --disable-sync "
    "--disable-extensions --disable-default-apps --mute-audio --hide-scrollbars --password-store=basic "
    "--host-resolver-rules=MAP\x00*\x00~NOTFOUND --no-proxy-server"
)
WAIT_S = 60.0
CHUNK = 1 << 16
LOUD = ("error", "assert", "warning")


class Refused(Exception):
    """The browser answered a command with an error, or a script in the page threw one."""


def installed() -> str | None:
    """Return the path of a Chromium on this machine."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Chromium:
    """One browser process. Every page has a context of its own: no storage or cache is shared."""

    def __init__(self, program: str, home: Path) -> None:
        self._home = home
        self._next = 0
        self._unread = bytearray()
        self._answers: dict[int, dict[str, Any]] = {}
        self._pages: dict[str, Page] = {}
        switches = [part.replace("\x00", " ") for part in SWITCHES.split(" ")]
        if os.geteuid() == 0:
            switches.append("--no-sandbox")
        switches += [f"--user-data-dir={home / 'profile'}", "about:blank"]
        theirs_in, self._to = _pipe()
        self._from, theirs_out = _pipe()
        said = os.open(home / "chromium.log", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._pid = os.posix_spawn(
            program,
            [program, *switches],
            {**os.environ, "HOME": str(home)},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, said, 1),
                (os.POSIX_SPAWN_DUP2, said, 2),
                (os.POSIX_SPAWN_DUP2, theirs_in, 3),
                (os.POSIX_SPAWN_DUP2, theirs_out, 4),
            ],
            setpgroup=0,
        )
        for ours in (theirs_in, theirs_out, said):
            os.close(ours)
        self.command("Browser.getVersion")

    def command(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result. Raises `Refused`."""
        self._next += 1
        number = self._next
        message = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        unsent = memoryview(json.dumps(message).encode() + b"\x00")
        while unsent:
            unsent = unsent[os.write(self._to, unsent) :]
        until = time.monotonic() + WAIT_S
        while number not in self._answers:
            self.listen(until)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise Refused(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def listen(self, until: float) -> None:
        """Take what the browser says next. Raises `TimeoutError` when it says nothing until then."""
        if not select.select([self._from], [], [], max(until - time.monotonic(), 0))[0]:
            raise TimeoutError("the browser does not answer")
        got = os.read(self._from, CHUNK)
        if not got:
            raise Refused("the browser ended: " + (self._home / "chromium.log").read_text(errors="replace")[-2000:])
        self._unread += got
        while (end := self._unread.find(b"\x00")) >= 0:
            message = json.loads(self._unread[:end])
            del self._unread[: end + 1]
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self._told(message)

    def _told(self, message: dict[str, Any]) -> None:
        page = self._pages.get(message.get("sessionId", ""))
        if page is None:
            return
        if message["method"] == "Target.attachedToTarget":
            self._pages[message["params"]["sessionId"]] = page
            page.joined.append(message["params"]["sessionId"])
        page.told(message["method"], message["params"])

    @contextmanager
    def page(self, url: str = "about:blank", *, offline: bool = True) -> "Iterator[Page]":
        """Open a page in a context of its own, without a network unless that is asked for; closed at the end."""
        downloads = self._home / f"downloads-{self._next}"
        context = self.command("Target.createBrowserContext")["browserContextId"]
        self.command(
            "Browser.setDownloadBehavior",
            behavior="allow",
            browserContextId=context,
            downloadPath=str(downloads),
            eventsEnabled=True,
        )
        target = self.command("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session, downloads)
        try:
            page.begin(offline=offline)
            page.go(url)
            yield page
        finally:
            self.command("Target.disposeBrowserContext", browserContextId=context)
            self._pages = {name: one for name, one in self._pages.items() if one is not page}

    def close(self) -> None:
        """End it, and whatever it began."""
        with suppress(Refused, TimeoutError, BrokenPipeError):
            self.command("Browser.close")
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._to)
        os.close(self._from)


@dataclass
class Page:
    """One page with its workers."""

    browser: Chromium
    session: str
    downloads: Path
    requests: list[str] = field(default_factory=list)
    """Every address that was asked for, but the page's own file, `blob:` and `data:`."""
    errors: list[str] = field(default_factory=list)
    """What page and workers complained of."""
    joined: list[str] = field(default_factory=list)
    loaded: int = 0
    _own: str = "about:blank"

    def begin(self, *, offline: bool) -> None:
        """Listen to the page, and to every worker that it will start."""
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.command(f"{domain}.enable")
        self.command("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        if offline:
            self.command(
                "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1
            )

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command to this page. Raises `Refused`."""
        return self.browser.command(method, self.session, **parameters)

    def told(self, method: str, said: dict[str, Any]) -> None:
        """Keep what a test asks for later."""
        match method:
            case "Network.requestWillBeSent":
                url = said["request"]["url"]
                if not url.startswith(("blob:", "data:")) and url.partition("#")[0] != self._own:
                    self.requests.append(url)
            case "Runtime.exceptionThrown":
                details = said["exceptionDetails"]
                self.errors.append(details.get("exception", {}).get("description", details["text"]))
            case "Runtime.consoleAPICalled" if said["type"] in LOUD:
                self.errors.append(" ".join(str(one.get("value", one.get("description"))) for one in said["args"]))
            case "Log.entryAdded" if said["entry"]["level"] in LOUD:
                self.errors.append(said["entry"]["text"])
            case "Target.attachedToTarget":
                for domain in ("Runtime", "Network", "Log"):
                    self._ask_worker(said["sessionId"], f"{domain}.enable")
            case "Page.loadEventFired":
                self.loaded += 1

    def _ask_worker(self, session: str, method: str) -> None:
        """Send without waiting: this runs while an answer to something else is waited for."""
        message = {"id": -len(self.joined) - 1, "method": method, "params": {}, "sessionId": session}
        os.write(self.browser._to, json.dumps(message).encode() + b"\x00")

    def go(self, url: str) -> None:
        """Go to an address and wait until it is loaded."""
        before, self._own = self.loaded, url.partition("#")[0]
        self.command("Page.navigate", url=url)
        until = time.monotonic() + WAIT_S
        while self.loaded == before:
            self.browser.listen(until)

    def evaluate(self, expression: str) -> Any:
        """Return what a JavaScript expression gives, a promise's value too, as JSON. Raises `Refused`."""
        answer = self.command(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Refused(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def call(self, function: str, *values: Any) -> Any:
        """Call a JavaScript function with values that JSON can say."""
        return self.evaluate(f"({function})({', '.join(json.dumps(value) for value in values)})")

    def wait(self, expression: str, within_s: float = WAIT_S) -> Any:
        """Ask until an expression gives something that is true, to JavaScript, and return it. Raises `TimeoutError`."""
        until = time.monotonic() + within_s
        while True:
            true, value = self.evaluate(f"Promise.resolve({expression}).then((value) => [Boolean(value), value])")
            if true:
                return value
            if time.monotonic() > until:
                raise TimeoutError(f"never true: {expression}; the page said {self.errors}")
            time.sleep(0.01)

    def text(self, selector: str) -> str:
        """Return what a person sees of an element."""
        return str(self.call("(name) => document.querySelector(name).innerText", selector))

    def click(self, selector: str) -> None:
        """Click on an element, as a person who sees it."""
        self.call("(name) => { const it = document.querySelector(name); it.focus(); it.click(); }", selector)

    def fill(self, selector: str, value: str) -> None:
        """Put a value into a field, as typing does."""
        self.call(
            "(name, value) => { const it = document.querySelector(name); it.value = value;"
            " for (const kind of ['input', 'change']) it.dispatchEvent(new Event(kind, {bubbles: true})); }",
            selector,
            value,
        )

    def press(self, key: str) -> None:
        """Press and release a key by its name: `Tab`, `Enter`, `Escape`, or a space."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowRight": 39, "ArrowLeft": 37}[key]
        text = {"Enter": "\r", " ": " "}.get(key)
        name = "Space" if key == " " else key
        down = {"key": key, "code": name, "windowsVirtualKeyCode": code} | ({"text": text} if text else {})
        self.command("Input.dispatchKeyEvent", type="keyDown", **down)
        self.command("Input.dispatchKeyEvent", type="keyUp", key=key, code=name, windowsVirtualKeyCode=code)

    def choose(self, selector: str, *paths: Path) -> None:
        """Choose files in a file field."""
        root = self.command("DOM.getDocument")["root"]["nodeId"]
        node = self.command("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.command("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def drop(self, selector: str, *paths: Path) -> None:
        """Drag files from outside onto the middle of an element and let go."""
        x, y = self.call(
            "(name) => { const it = document.querySelector(name); it.scrollIntoView({block: 'center'});"
            " const at = it.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; }",
            selector,
        )
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.command("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    def downloaded(self, name: str) -> bytes:
        """Wait until a download of this name is whole, and return it."""
        path, until = self.downloads / name, time.monotonic() + WAIT_S
        while not path.exists():
            if time.monotonic() > until:
                there = sorted(one.name for one in self.downloads.glob("*"))
                raise TimeoutError(f"{name} was not downloaded; there are {there}")
            time.sleep(0.01)
        return path.read_bytes()

    def settle(self) -> None:
        """Take what the browser has said so far, so that `errors` and `requests` are complete."""
        self.evaluate("new Promise((done) => setTimeout(done, 0))")

    def screenshot(self) -> bytes:
        """Return the whole page as a PNG."""
        return base64.b64decode(self.command("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def pdf(self) -> bytes:
        """Return what would be printed."""
        printed = self.command("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(printed["data"])


def _pipe() -> tuple[int, int]:
    """Make a pipe whose ends have numbers above those that the browser gets."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]
