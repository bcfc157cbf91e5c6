"""How fast the explorer's page is: synthetic pages, opened in Chromium.

    python benchmarks/explorer.py --neurons 3000 140000
    python benchmarks/explorer.py --pages before.html after.html  # the same run, pages as they are

Prints for each size the file's size, the time from the start of navigation to the first drawn
neurons and until the edges are read, the time of a forced redraw of all neurons (until the picture
is there), and the time between animation frames while the map is dragged. The browser may start a
frame before the last one is shown, and a slow page draws a sample of the neurons while it moves.
The renderer is named, since software and a graphics card differ by orders of magnitude.
Needs ``pip install playwright`` and Chromium.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from connectome.analysis.explorer import (
    HOMOLOG,
    Block,
    Category,
    Explorer,
    MapView,
    Quantity,
    write_explorer,
)

COLUMNS = (
    "page", "edges", "file MB", "first points ms", "all read ms", "redraw ms median", "95 %",
    "drag frame ms median", "95 %", "legend click ms", "renderer",
)  # fmt: skip
FRAMES = 60
# A frame each time the browser gets to it, and how long after the one before.
RECORD = """() => { window.frames_ = []; let last;
  const step = (now) => { if (last) frames_.push(now - last); last = now;
    window.recording = requestAnimationFrame(step); };
  requestAnimationFrame(step); }"""
# A category of the legend is shown alone, or no more: until the picture is there.
CLICK = """() => new Promise((resolve) => { const begin = performance.now();
  document.querySelector('#legend [data-code]').click();
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begin))); })"""
STOP = "() => { cancelAnimationFrame(recording); return frames_; }"


def synthetic(
    neurons: int, edges_per_neuron: int, types: int, latent_dim: int, seed: int = 0
) -> Explorer:
    """Gaussian clusters of neurons, a type each, and random edges with a skew to few hubs."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, types, neurons)
    latent = 4 * rng.normal(size=(types, latent_dim))[cluster]
    latent += rng.normal(size=(neurons, latent_dim))
    latent = latent.astype(np.float32)
    drawn = neurons * edges_per_neuron
    post = (neurons * rng.random(drawn) ** 2).astype(np.int64)
    keys = np.unique(rng.integers(0, neurons, drawn) * neurons + post)
    edges = np.stack([keys // neurons, keys % neurons])
    _, axes = np.linalg.eigh(np.cov(latent.T))
    position = (latent @ axes[:, :-3:-1]).astype(np.float32)
    colours = tuple(f"#{value:06x}" for value in rng.integers(0, 0xC0C0C0, types))
    names = tuple(f"type {k}" for k in range(types))
    degree = np.bincount(edges.ravel(), minlength=neurons).astype(np.float32)
    homolog = np.arange(neurons) ^ 1
    homolog[homolog >= neurons] = -1
    view = MapView("synthetic", latent_dim, position, latent, "First two principal components.")
    return Explorer(
        title=f"Synthetic, {neurons} neurons",
        neuron_ids=720575940600000000 + np.arange(neurons),
        views=(view,),
        colours=(
            Category("cell type", cluster, names, colours),
            Quantity("total degree", degree, log=True),
        ),
        edge_index=edges,
        synapses=rng.geometric(0.2, edges.shape[1:]),
        blocks=(Block("homolog", homolog, HOMOLOG),),
        tables={},
        provenance={"data": f"synthetic, seed {seed}"},
    )


def measure(browser: Any, path: Path, name: str) -> list[str]:
    """A row of the table."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(path.as_uri())
    page.evaluate("explorer.ready")
    ready = page.evaluate("performance.now()")
    first = page.evaluate("performance.getEntriesByName('first-points')[0].startTime")
    redraws = page.evaluate(f"explorer.frameTimes({FRAMES})")
    frames = drag(page)
    clicks = [page.evaluate(CLICK) for _ in range(10)]
    edges = page.locator("#status").inner_text().split("\u00b7")[1].split()[0]
    device = page.evaluate("explorer.device")
    page.close()
    return [
        name, edges, f"{path.stat().st_size / 1e6:.1f}",
        f"{first:.0f}", f"{ready:.0f}", *spread(redraws), *spread(frames),
        f"{np.median(clicks):.0f}", device,
    ]  # fmt: skip


def drag(page: Any) -> list[float]:
    """Milliseconds between frames while the mouse drags the map in a circle."""
    page.mouse.move(600, 400)
    page.mouse.down()
    page.evaluate(RECORD)
    for angle in np.linspace(0, 4 * np.pi, 2 * FRAMES):
        page.mouse.move(600 + 90 * np.sin(angle), 310 + 90 * np.cos(angle))
    frames: list[float] = page.evaluate(STOP)
    page.mouse.up()
    return frames


def spread(times: list[float]) -> list[str]:
    """Median and 95th percentile."""
    return [f"{value:.0f}" for value in np.percentile(times, [50, 95])]


def pages(options: argparse.Namespace, folder: Path) -> Iterator[tuple[Path, str]]:
    """Pages to measure, and what they are called."""
    if options.pages:
        yield from ((path, path.stem) for path in options.pages)
        return
    for neurons in options.neurons:
        page = synthetic(neurons, options.edges_per_neuron, options.types, options.latent_dim)
        name = f"{neurons:,} neurons, {options.types:,} types"
        yield write_explorer(folder / f"{neurons}.html", page), name


def main() -> None:
    """Measure the sizes, or the pages, given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, nargs="+", default=[3000, 140000])
    parser.add_argument("--edges-per-neuron", type=int, default=20)
    parser.add_argument("--types", type=int, default=4000)
    parser.add_argument("--latent-dim", type=int, default=24)
    parser.add_argument("--pages", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--rounds", type=int, default=1, help="each page so often, in turn")
    parser.add_argument("--browser-argument", action="append", default=[], metavar="FLAG")
    options = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    program = program or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("no browser: install chromium")
    table = Table(*COLUMNS)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        flags = ["--no-sandbox", "--no-first-run", "--disable-sync", *options.browser_argument]
        for path, name in list(pages(options, Path(folder))) * options.rounds:
            browser = playwright.chromium.launch(executable_path=program, args=flags)
            table.add_row(*measure(browser, path.absolute(), name))
            browser.close()
    Console(width=180).print(table)


if __name__ == "__main__":
    main()
