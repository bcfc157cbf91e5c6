"""The pages that the site makes from the package and from ``conf/``."""

import re
import runpy
import sys
from types import ModuleType

import pytest
import yaml

from tests.conftest import ROOT

pytest.importorskip("mkdocs")


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    from mkdocs.config import load_config

    load_config(str(ROOT / "mkdocs.yml"))  # imports the hook as the build does
    files = {str(getattr(module, "__file__", "")): module for module in [*sys.modules.values()]}
    return files[str(ROOT / "docs" / "hooks" / "reference.py")]


def test_every_option_of_a_file_has_a_row(reference: ModuleType) -> None:
    pages = dict(reference.option_pages())
    path = ROOT / "conf" / "model" / "vgae.yaml"
    page = pages["reference/options/model.md"].split("## model=vgae")[1]
    for key in yaml.safe_load(path.read_text()):
        assert key in ("_target_", "defaults") or f"| `model.{key}` |" in page, key
    assert "| `model.kl_weight` | `null` | null: 1 / number of neurons |" in page
    assert "Variational graph autoencoder" in page


def test_nested_and_inherited_options(reference: ModuleType) -> None:
    pages = dict(reference.option_pages())
    assert "| `split.test_fraction` | `0.10` |" in pages["reference/options/programs.md"]
    page = pages["reference/options/model.md"].split("## model=lse")[1]
    assert page.lstrip().splitlines()[2] == "Starts from `spectral`, and sets:"
    assert "hydra." not in pages["reference/options/programs.md"]


def test_every_public_module_is_on_one_page(reference: ModuleType) -> None:
    lines = [line for _, page in reference.api_pages() for line in page.splitlines()]
    shown = [line.removeprefix("::: ") for line in lines if line.startswith(":::")]
    assert len(shown) == len(set(shown)) > 50  # a module, or a folder
    for room in reference.ROOMS:
        for package in (ROOT / "connectome" / room).rglob("__init__.py"):
            for path in package.parent.glob("[a-z]*.py"):
                assert reference.dotted(path) in shown


def test_every_page_is_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text()
    for path in (ROOT / "docs").rglob("*.md"):
        assert str(path.relative_to(ROOT / "docs")) in text


def test_pages_that_the_code_names_exist() -> None:
    folders = [ROOT / folder for folder in ("connectome", "conf", "benchmarks")]
    files = [path for folder in folders for path in folder.rglob("*.*") if path.suffix != ".pyc"]
    texts = [path.read_text() for path in files if path.suffix in (".py", ".yaml")]
    named = {page for text in texts for page in re.findall(r"docs/[\w/-]+\.\w+", text)}
    assert "docs/results/scale.md" in named
    assert [page for page in sorted(named) if not (ROOT / page).is_file()] == []


def test_options_and_intervals_stay_on_one_line() -> None:
    hook = runpy.run_path(str(ROOT / "docs" / "hooks" / "unbroken.py"))
    html = '<p title="(.1, .2)">by (-.01, .2) - or <code>a --b=c-d</code></p>'
    html += f"<pre><code>x --y (1, 2)</code></pre><code>{'long-' * 9}</code>"
    kept = '<p title="(.1, .2)">by <span class="whole">(-.01, .2)</span> - or '
    kept += '<code>a <span class="whole">--b=c-d</span></code></p>'
    kept += f"<pre><code>x --y (1, 2)</code></pre><code>{'long-' * 9}</code>"
    assert hook["on_page_content"](html) == kept
    assert re.sub(r"</?span[^>]*>", "", kept) == html  # what is copied is what was written


def test_search_needs_no_server_and_fetches_nothing() -> None:
    text = (ROOT / "mkdocs.yml").read_text()
    assert "\n  - offline\n" in text
    (script,) = re.findall(r"polyfills:\n    - (\S+)", text)
    assert "iframe-worker" in script  # else the theme adds one from another server
    assert (ROOT / "docs" / script).is_file()
