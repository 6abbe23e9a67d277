"""`ringfence models ...`: what a model string means, what model servers have, and how fast they answer."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO, TypeVar

import typer

from proxy.cli_upstreams import Configured, configured, timeouts
from proxy.errors import ConfigurationError
from proxy.files.diagnostics import did_you_mean
from proxy.model_bench import figures, plot, prompts
from proxy.model_bench.asking import Asker
from proxy.model_bench.figures import Figures
from proxy.model_bench.running import bench
from proxy.model_strings import Resolved, Serving, Zones, resolve
from proxy.settings import Settings
from proxy.tables import plain, table
from proxy.upstreams import lifecycle
from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.errors import UpstreamError
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.lifecycle import Installed, Progress
from proxy.upstreams.profile import ABILITIES, UNKNOWN, Profile
from proxy.upstreams.report import ask_each, silent
from proxy.upstreams.upstream import ENDPOINTS, MODEL, Upstream

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Resolve, list, load and measure models.")

T = TypeVar("T")
KEY = "RINGFENCE_API_KEY"
GIB = 1024**3
MIB = 1024**2
Name = Annotated[str, typer.Argument(metavar="UPSTREAM", help="Its name in the file of upstreams.")]
Model = Annotated[str, typer.Argument(help="A model of that server, such as llama3.2:latest.")]


@app.command("resolve")
def resolve_command(
    text: Annotated[str, typer.Argument(metavar="STRING", help="As ollama/NAME, a URL or a name.")],
) -> None:
    """Explain what a model string means, who would serve it in which zone, and where the key comes from."""
    settings = Settings.load()
    made = configured(settings, settings.upstreams)
    registry, rows = asyncio.run(ask_each(made.registry, timeouts(settings)))
    typer.echo("\n".join(explained(resolve(text, registry, Zones(made.zones)), made)))
    listing = {each.id for each in made.registry.upstreams if each.lists_models}
    silent_ones = [row["name"] for row in rows if row["name"] in listing and row["asked_ms"] is None]
    if silent_ones:
        typer.echo(f"not asked what it has, as it does not answer: {', '.join(silent_ones)}", err=True)


@app.command("list")
def list_command(upstream: Name) -> None:
    """List what a server has: context, abilities, and of Ollama's the size and what is in memory."""
    settings = Settings.load()
    at = _upstream(settings, upstream)
    said, there = _with(at, timeouts(settings), lambda client: _listed(client, at))
    found_there = tuple(there) or tuple(said.profiles)
    names = [name for name in dict.fromkeys((*said.models, *found_there)) if MODEL.fullmatch(name)]
    rows = [["model", "context", "can", *(["size", "in memory"] if there else [])]]
    for name in names:
        profile, found = said.profiles.get(name, UNKNOWN), there.get(name)
        more = [_size(found.size), f"context {found.context:,}" if found.loaded else "-"] if found else ["-", "-"]
        rows.append([name, _tokens(profile.context_window), _can(profile), *(more if there else [])])
    typer.echo("\n".join(table(rows, {1, 3}, longest=60)))
    if unusable := sum(MODEL.fullmatch(name) is None for name in said.models):
        typer.echo(f"{unusable} more have names that cannot be used here", err=True)


@app.command("pull")
def pull_command(upstream: Name, model: Model) -> None:
    """Have an Ollama server fetch a model from its registry."""
    settings = Settings.load()
    at, screen = _upstream(settings, upstream), Screen(sys.stderr)
    _with(at, _patient(settings), lambda client: lifecycle.pull(client, at, model, screen.told))
    screen.end()
    typer.echo(f"{model} is on {at.id}")


@app.command("warm")
def warm_command(upstream: Name, model: Model) -> None:
    """Have a model of an Ollama server in memory until it is unloaded."""
    settings = Settings.load()
    at = _upstream(settings, upstream)
    context = _with(at, _patient(settings), lambda client: lifecycle.warm(client, at, model))
    typer.echo(f"{model} is in memory on {at.id}" + (f", with a context of {context:,} tokens" if context else ""))


@app.command("unload")
def unload_command(upstream: Name, model: Model) -> None:
    """Have a model of an Ollama server out of memory."""
    settings = Settings.load()
    at = _upstream(settings, upstream)
    _with(at, _patient(settings), lambda client: lifecycle.unload(client, at, model))
    typer.echo(f"{model} is out of memory on {at.id}")


@app.command("bench")
def bench_command(
    upstream: Name,
    *,
    models: Annotated[str, typer.Option(help="Which, separated by commas; without it, all that it answers.")] = "",
    prompts_: Annotated[Path | None, typer.Option("--prompts", help="One prompt a line, instead of the own.")] = None,
    out: Annotated[Path, typer.Option(help="The folder of the table (Markdown, JSON) and the plot (SVG).")] = Path(
        "bench"
    ),
    url: Annotated[str, typer.Option(help="The running Ringfence; without it, the one of the settings.")] = "",
    max_tokens: Annotated[int, typer.Option(min=2, max=4096, help="Of each answer, at most.")] = 48,
) -> None:
    """Measure time to first token and tokens/s at 1, 4 and 16 in flight, through the running Ringfence."""
    settings = Settings.load()
    at, asked = _upstream(settings, upstream), prompts.read(prompts_)
    with _writing(out):  # measuring takes minutes: what would be in vain is said before
        out.mkdir(parents=True, exist_ok=True)
    key = os.environ.get(KEY) or typer.prompt("Your API key", hide_input=True, err=True)
    asker = Asker(url.rstrip("/") or f"http://{settings.host}:{settings.port}", key)
    chosen = _chosen(asker.models(), at, [name.strip() for name in models.split(",") if name.strip()])
    found: list[Figures] = []
    for one in bench(asker, chosen, asked, max_tokens, (at.zone, at.id)):
        found.append(one)
        typer.echo(f"{one.model}: {one.in_flight} in flight, {one.answers} answers", err=True)
    typer.echo("\n".join(table([figures.HEAD, *(one.cells() for one in found)], range(1, 9))))
    _write(out, at, found, max_tokens)
    if not any(one.answers for one in found):
        raise typer.Exit(1)


def explained(found: Resolved, made: Configured) -> list[str]:
    """Lay out how a string resolves, step by step."""
    meant = found.meant
    lines = [f"form     {_form(found)}", *(f"note     {note}" for note in meant.notes)]
    if found.registered:
        under = "" if found.registered == found.text else f", which stands under '{found.registered}' here"
        lines.append(f"callers  write {found.asked}{under}")
    elif found.asked:
        lines.append(f"callers  write {found.asked}; this form is the operator's: it is 404 for them")
    else:
        near = f"; served here: {', '.join(found.near)}" if found.near else ""
        lines.append(f"callers  get 404: nothing here serves it{near}")
    if found.serving:
        head = ["zone", "upstream", "model", "how", "context", "can", "endpoints"]
        rows = [[one.zone, one.upstream, *_served(one)] for one in found.serving]
        without = [zone for zone in made.zones if zone not in {one.zone for one in found.serving}]
        lines += ["", *table([head, *rows, *([zone, "-", "-", "nobody serves it there"] for zone in without)], {4})]
        lines += [
            "",
            "key      asked for in the environment, then in a file; never in a request or the file of upstreams",
        ]
        keys = dict.fromkeys((one.upstream, one.key) for one in found.serving)
        lines += [f"         {name}: {key}" for name, key in keys]
    if found.entry:
        lines += [
            "",
            "To have it served, put this into the file of upstreams, with the zone that is right:",
            "",
            found.entry,
        ]
    elif not found.asked:
        lines.append(
            f"         say which server: {', '.join(f'{kind}/{meant.model}' for kind in ('ollama', 'vllm'))} ..."
        )
    return [plain(line) if "\n" not in line else line for line in lines]


class Screen:
    """Shows how far a download is: one line that changes on a terminal, else a line a step."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._last = ""

    def told(self, progress: Progress) -> None:
        """Show it."""
        part = f"{100 * progress.completed // progress.total:3} % of {_size(progress.total)}" if progress.total else ""
        if self._live:
            self._out.write(f"\r\x1b[K{progress.step}  {part}")
        elif progress.step != self._last:
            size = f"  {_size(progress.total)}" if progress.total else ""
            self._out.write(f"{progress.step}{size}\n")
        self._last = progress.step
        self._out.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._live and self._last:
            self._out.write("\n")


def _form(found: Resolved) -> str:
    meant = found.meant
    if meant.form == "url":
        return f"a URL, split at its last '/': {meant.model} at {meant.base_url}, taken as {meant.kind}"
    if meant.form == "preset":
        usual = f", usually at {meant.base_url}" if meant.base_url else ""
        return f"a preset: {meant.model} on a server of the kind {meant.kind}{usual}"
    if meant.vendor:
        return f"a name; by its beginning a model of {meant.vendor} (OpenRouter: {meant.vendor}/{meant.model})"
    return "a name"


def _served(one: Serving) -> list[str]:
    how = f"{one.how} (drained)" if one.drain else one.how
    at = "all" if len(one.endpoints) == len(ENDPOINTS) else ", ".join(one.endpoints)
    return [one.model, how, _tokens(one.profile.context_window), _can(one.profile), at]


def _upstream(settings: Settings, name: str) -> Upstream:
    registry = configured(settings, settings.upstreams).registry
    found = next((each for each in registry.upstreams if each.id == name), None)
    if found is None:
        hint = did_you_mean(name, (each.id for each in registry.upstreams))
        raise ConfigurationError(
            f"{settings.upstreams.name} has no upstream of this name{f'; {hint}' if hint else '.'}"
        )
    return found


def _with(upstream: Upstream, within: Timeouts, does: Callable[[UpstreamClient], Awaitable[T]]) -> T:
    async def run() -> T:
        client = silent(upstream, within)
        try:
            return await does(client)
        finally:
            await client.close()

    return asyncio.run(run())


def _patient(settings: Settings) -> Timeouts:
    return Timeouts(settings.upstream_connect_timeout_s, settings.upstream_read_timeout_s)


async def _listed(client: UpstreamClient, at: Upstream) -> tuple[Observation, dict[str, Installed]]:
    there = {}
    if at.kind == lifecycle.KIND:
        there = {model.name: model for model in await lifecycle.installed(client, at)}
    try:
        return await KINDS[at.kind].observe(client, at), there
    except UpstreamError as error:
        if error.reason == "connect":
            raise ConfigurationError(f"Nothing listens at {at.base_url}: {at.id} is not running.") from None
        text = f"{at.id} at {at.base_url} does not list its models ({error.reason}): ringfence upstreams check"
        raise ConfigurationError(text) from None


def _chosen(rows: list[dict[str, str]], at: Upstream, wanted: list[str]) -> list[str]:
    """Return the models to measure: those that Ringfence would have this upstream answer."""
    here = [row["id"] for row in rows if (row["owned_by"], row["zone"]) == (at.id, at.zone)]
    if not wanted:
        if not here:
            raise ConfigurationError(
                f"Of what this key may use, {at.id} answers no model first: name one with --models."
            )
        return here
    by_name = {row["id"]: row for row in rows}
    for name in wanted:
        row = by_name.get(name)
        if not MODEL.fullmatch(name):
            raise ConfigurationError("--models holds what is no name of a model.")
        if row is not None and row["zone"] != at.zone:
            at_first = f"{name} is answered in zone {row['zone']}, not by {at.id} in {at.zone}"
            raise ConfigurationError(f"{at_first}: ringfence models resolve {name}")
    return wanted


def _write(out: Path, at: Upstream, found: list[Figures], max_tokens: int) -> None:
    title = f"Models of {at.id} ({at.kind}, zone {at.zone})"
    counted = "counted by the server" if all(one.counted for one in found) else "counted by the pieces of the streams"
    note = (
        f"Answers of at most {max_tokens} tokens, {counted}, as an application gets them through Ringfence, which took"
    )
    notes = [f"{note} the time in the last column before it asked the model."]
    with _writing(out):
        (out / f"{at.id}.md").write_text(figures.markdown(title, found, notes), encoding="utf-8")
        told = {"upstream": at.id, "kind": at.kind, "zone": at.zone, "max_tokens": max_tokens}
        (out / f"{at.id}.json").write_text(json.dumps({**told, "figures": figures.plain(found)}, indent=1) + "\n")
        (out / f"{at.id}.svg").write_text(plot.svg(title, found), encoding="utf-8")
    typer.echo(f"written: {', '.join(str(out / f'{at.id}.{kind}') for kind in ('md', 'json', 'svg'))}", err=True)


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"The figures cannot be written to {out}: {error.strerror}.") from None


def _tokens(size: int | None) -> str:
    return "unknown" if size is None else f"{size:,}"


def _can(profile: Profile) -> str:
    return ", ".join(name for name in ABILITIES if getattr(profile, name)) or "-"


def _size(size: int) -> str:
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size / MIB:.0f} MiB"
