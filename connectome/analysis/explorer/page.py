"""The explorer's page as text: template, style and scripts, and the data between them.

Arrays travel as base64 of gzip of little-endian numbers, each in an element of its own. What the
first picture needs stands before the script and the rest after it, so that a browser draws the
neurons while it still reads the edges. The output is ASCII, whatever the data hold.
"""

import base64
import gzip
import hashlib
import html
import json
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from connectome.analysis.explorer.content import (
    UNCERTAINTY,
    Block,
    Category,
    Explorer,
    MapView,
    Prediction,
    Quantity,
    check,
)
from connectome.analysis.explorer.words import table_in_words
from connectome.analysis.latent import COMPONENTS
from connectome.runs import save_text

SCRIPTS = (
    *("dom", "data", "geometry", "colour", "theme", "webgl", "pixels", "names", "overlay", "scene"),
    *("panels", "legend", "selection", "compare", "recluster", "tables", "input", "search"),
    *("choice", "app", "main"),
)

WORDS = {COMPONENTS: "first two components", "UMAP": "2-d map (UMAP)"}  # for names of maps


def write_explorer(path: Path, page: Explorer) -> Path:
    """Write the page as one HTML file beside ``path`` and move it into place; returns ``path``.

    Equal pages give equal files.

    Raises:
        InputError: if shapes disagree, or something is missing or out of range.
    """
    check(page)
    save_text(path, render(page))
    return path


def render(page: Explorer) -> str:
    """The HTML of a page that has been checked."""
    style = _asset("explorer.css")
    *parts, start = [_asset(f"{name}.js") for name in SCRIPTS]
    parts += [block.script for block in page.blocks if block.script]
    # One scope for all parts, and none of their names outside it.
    script = "'use strict';\n(() => {\n" + "\n".join([*parts, start]) + "\n})();\n"
    return Template(_asset("explorer.html")).substitute(
        title=_text(page.title),
        style=style,
        style_hash=_source_hash(style),
        script=script,
        script_hash=_source_hash(script),
        first="\n".join(_first_blocks(page)),
        later="\n".join(_later_blocks(page)),
    )


def _first_blocks(page: Explorer) -> list[str]:
    return [
        _block("meta", "json", json.dumps(_meta(page)).encode()),
        _numbers("position-0", page.views[0].position, "f4"),
        _colour(0, page.colours[0]),
    ]


def _later_blocks(page: Explorer) -> list[str]:
    blocks = [_block("ids", "json", json.dumps([str(i) for i in page.neuron_ids]).encode())]
    blocks += [_numbers(f"block-{block.name}", block.values, _kind(block)) for block in page.blocks]
    blocks += [_colour(k, colour) for k, colour in enumerate(page.colours) if k]
    for k, view in enumerate(page.views):
        if k:
            blocks.append(_numbers(f"position-{k}", view.position, "f4"))
        if view.other is not None:
            blocks.append(_numbers(f"position-{k}-1", view.other.position, "f4"))
        blocks.append(_numbers(f"latent-{k}", halves(view.latent)[0], "f2"))
        if view.uncertainty is not None:
            blocks.append(_numbers(f"uncertainty-{k}", view.uncertainty, "f4"))
    if (found := page.prediction) is not None:
        blocks.append(_numbers("runner-up", found.runner_up, "i4"))
        blocks.append(_numbers("abstains", found.abstains, "i4"))
    return blocks + _edges(page)


def _meta(page: Explorer) -> dict[str, Any]:
    return {
        "title": page.title,
        "neurons": len(page.neuron_ids),
        "edges": page.edge_index.shape[1],
        "blocks": [block.name for block in page.blocks],
        "views": [_view(view) for view in page.views],
        "colours": [_colour_meta(colour) for colour in page.colours],
        "tables": [table_in_words(title, table) for title, table in page.tables.items()],
        "provenance": [[str(name), str(value)] for name, value in page.provenance.items()],
        "prediction": _prediction(page.prediction),
        "foundPairs": page.found_pairs,
        "links": [list(link) for link in page.links],
    }


def _prediction(found: Prediction | None) -> dict[str, str] | None:
    if found is None:
        return None
    return {"category": found.category, "confidence": found.confidence}


def _view(view: MapView) -> dict[str, Any]:
    flat = view.other
    return {
        "name": view.name,
        "maps": [_map(view.drawn, view.how), *([_map(flat.name, flat.how)] if flat else [])],
        "latentScale": halves(view.latent)[1],
        "uncertainty": None if view.uncertainty is None else UNCERTAINTY,
    }


def _map(name: str, how: str) -> dict[str, str]:
    return {"name": WORDS.get(name, name), "how": how}


def _colour_meta(colour: Category | Quantity) -> dict[str, Any]:
    if isinstance(colour, Category):
        labels = [str(label) for label in colour.labels]
        look = {"labels": labels, "colours": list(colour.colours), "missing": colour.missing}
        return {"name": colour.name, **look}
    return {"name": colour.name, "log": colour.log}


def halves(latent: np.ndarray) -> tuple[np.ndarray, float]:
    """Positions ``latent`` ``[N, d]`` as ``[N, d]`` float16, centred and divided by a scale.

    The scale is returned too. Centring leaves distances as they are, and numbers near one lose
    the least in float16.
    """
    centred = latent.astype(np.float64) - latent.mean(axis=0, dtype=np.float64)
    scale = float(np.abs(centred).max(initial=0.0)) or 1.0
    return (centred / scale).astype(np.float16), scale


def _edges(page: Explorer) -> list[str]:
    """Rows of the adjacency, one a presynaptic neuron; the page makes the columns itself."""
    order = np.lexsort((page.edge_index[1], page.edge_index[0]))
    pre, post = page.edge_index[:, order]
    synapses = page.synapses[order]
    whole = bool((synapses == np.round(synapses)).all())
    kind = "f4" if not whole or synapses.max(initial=0) >= 2**32 else "u4"
    counts = np.bincount(pre, minlength=len(page.neuron_ids))
    return [
        _numbers("edge-counts", counts, "i4"),
        _numbers("edge-steps", np.diff(post, prepend=0), "i4"),  # sorted: small numbers
        _numbers("edge-synapses", synapses, kind),
    ]


def _colour(k: int, colour: Category | Quantity) -> str:
    if isinstance(colour, Category):
        return _numbers(f"colour-{k}", colour.codes, "i4")
    return _numbers(f"colour-{k}", colour.values, "f4")


def _kind(block: Block) -> str:
    return "f4" if block.schema.end is None else "i4"


def _numbers(name: str, array: np.ndarray, kind: str) -> str:
    return _block(name, np.dtype(kind).name, array.astype(f"<{kind}").tobytes())


def _block(name: str, kind: str, content: bytes) -> str:
    packed = base64.b64encode(gzip.compress(content, 6, mtime=0)).decode()
    return f'<script type="text/plain" id="{name}" data-type="{kind}">{packed}</script>'


def _asset(name: str) -> str:
    return (files("connectome.analysis.explorer") / "assets" / name).read_text(encoding="ascii")


def _text(text: str) -> str:
    return html.escape(text).encode("ascii", "xmlcharrefreplace").decode()


def _source_hash(source: str) -> str:
    """What the page's content security policy names: nothing else in it may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
