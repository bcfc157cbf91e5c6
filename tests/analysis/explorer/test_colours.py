"""What a page is coloured by, from annotations and predictions."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.explorer import Category, Quantity, make_explorer, type_colours
from connectome.analysis.explorer.page import render
from connectome.analysis.explorer.words import cell, in_words
from connectome.analysis.latent import COMPONENTS, FlatMap, labelled
from connectome.analysis.plotting import apart, styles
from connectome.display import Display
from connectome.types import Connectome, InputError
from tests.analysis.explorer.test_page import block, render_checked
from tests.analysis.test_inside import N, annotated, space


def made(
    brain: Connectome, types: Any = None, tables: dict[str, pd.DataFrame] | None = None
) -> Any:
    return make_explorer(brain, [space(brain)], types, {}, None, tables or {}, {"made": "here"})


def with_columns(**columns: Any) -> Connectome:
    brain = annotated([None] * N)
    return replace(brain, neurons=brain.neurons.assign(**columns))


def test_a_map_and_the_components_are_both_on_the_page() -> None:
    brain = annotated([None] * N)
    position = space(brain).position
    beside = FlatMap(position[::-1], COMPONENTS, "components")
    mapped = space(brain)
    vars(mapped)["flat"] = FlatMap(position, "UMAP", "a map", beside=beside)  # as if made
    [view] = make_explorer(brain, [mapped], None, {}, None, {}, {}).views
    assert view.drawn == "UMAP"
    assert view.other is beside
    [narrow] = made(brain).views
    assert narrow.other is None


def test_a_type_a_neuron_still_colours_the_page() -> None:
    brain = annotated([None] * N, np.array([f"T{k:04d}" for k in range(N)]))
    types = labelled(brain, "cell_type", 1)
    page = made(brain, types)
    shown = page.colours[0]
    assert shown.name == "cell type"
    assert len(shown.labels) == N
    render(page)


def test_more_types_than_the_house_has_colours_keep_apart() -> None:
    names = tuple(f"T{k}" for k in range(4000))
    sizes = np.arange(4000)
    display = Display((("T7", None),))
    colours = type_colours(names, display, sizes)
    assert colours[7] == styles(["T7"], display)["T7"].colour
    assert len(set(colours)) > 1000
    hues = apart(sizes)
    assert hues[3999] == apart(np.array([1]))[0]  # the largest has the first hue
    assert colours[8:] == hues[8:]


def test_a_column_that_colours_nothing_is_told() -> None:
    names = [f"neuron {k}" for k in range(N)]
    page = made(with_columns(long_name=names, constant="a", side=["l", "r"] * (N // 2)))
    shown = [one.name for one in page.colours]
    assert "side" in shown
    assert "long name" not in shown or N <= 250
    assert "constant: one value" in page.provenance["colours nothing"]


def test_a_page_says_that_pairs_were_found() -> None:
    brain = annotated([None] * N)
    assert "homologs" not in made(brain).provenance
    page = made(replace(brain, found_pairs=True))
    assert page.provenance["homologs"].startswith("left-right pairs were found from wiring")
    assert page.found_pairs


def test_an_identifier_is_told_from_a_label() -> None:
    from connectome.analysis.explorer.colours import MOST_LABELS, _columns

    class Brain:
        num_neurons = 4 * MOST_LABELS
        neurons = pd.DataFrame(
            {
                "label": [f"t{k % MOST_LABELS}" for k in range(4 * MOST_LABELS)],
                "name": [f"n{k}" for k in range(4 * MOST_LABELS)],
            }
        )

    told: list[str] = []
    found = [one.name for one in _columns(Brain(), told.append)]  # type: ignore[arg-type]
    assert found == ["label"]
    assert told == ["name: 1,000 values"]


def test_columns_may_be_called_like_our_colourings_and_numbers_colour() -> None:
    values = np.linspace(0, 1, N)
    values[0] = np.inf
    page = made(with_columns(total_degree=values, embedding_uncertainty=values))
    shown = {one.name: one for one in page.colours}
    own = shown["total degree (annotation)"]
    assert isinstance(own, Quantity)
    assert np.isnan(own.values[0])
    assert shown["total degree"].log
    assert "embedding uncertainty (annotation)" in shown
    render_checked(page)


def test_predictions_colour_the_page_like_known_types() -> None:
    kinds = np.where(np.arange(N) < 4, None, np.where(np.arange(N) % 2, "b", "a"))
    brain = annotated([None] * N, kinds)
    types = labelled(brain, "cell_type", 1)
    ids = brain.neuron_ids
    table = pd.DataFrame(
        {
            "neuron_id": ids[[2, 0, 3]],
            "predicted": ["b", "a", "c"],
            "confidence": [0.9, 0.6, 0.3],
            "second": ["a", "b", None],
            "abstains": [False, False, True],
        }
    )
    page = made(brain, types, {"predicted_types": table})
    render_checked(page)
    known, guessed = page.colours[:2]
    assert guessed.name == "predicted type"
    assert guessed.labels == ("a", "b", "c")
    assert guessed.codes[:5].tolist() == [0, -1, 1, 2, -1]
    assert guessed.colours[:2] == known.colours
    assert page.prediction.runner_up[:4].tolist() == [1, -1, 0, -1]
    assert np.flatnonzero(page.prediction.abstains).tolist() == [3]
    sure = {one.name: one for one in page.colours}[page.prediction.confidence]
    np.testing.assert_allclose(sure.values[:4], [0.6, np.nan, 0.9, 0.3], rtol=1e-6)
    text = render(page)
    assert block(text, "meta")["prediction"] == {  # type: ignore[index, call-overload]
        "category": "predicted type",
        "confidence": "confidence of predicted type",
    }
    assert not page.tables  # shown neuron by neuron


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("http://a/{id}", "must begin with https://"),
        ("javascript:alert({id})", "must begin with https://"),
        ("https://a/b", r"must hold \{id\} once"),
        ("https://a/{id}/{id}", r"must hold \{id\} once"),
        ("https://a/{id} b", "must be without spaces"),
    ],
)
def test_a_link_that_is_no_address_of_a_neuron_is_refused(address: str, complaint: str) -> None:
    page = replace(made(annotated([None] * N)), links=(("x", address),))
    with pytest.raises(InputError, match=complaint):
        render_checked(page)


def test_links_come_from_the_display_of_the_data() -> None:
    brain = annotated([None] * N)
    own = (("Codex", "https://a/{id}"),)
    page = made(replace(brain, display=Display(links=own)))
    assert page.links == own


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("macro_f1_mean", "macro F1 mean"),
        ("test/auc", "test AUC"),
        ("AUC", "AUC"),
        ("num_neurons", "number of neurons"),
        ("left out", "left out"),
        ("_", "_"),
    ],
)
def test_columns_are_named_in_words(name: str, words: str) -> None:
    assert in_words(name) == words


def test_cells_have_the_digits_that_are_known() -> None:
    assert cell(0.10123456789012345) == 0.101235
    assert cell(123456789) == 123456789
    assert cell(2**60) == str(2**60)
    assert cell(float("nan")) is None
    assert cell(1e300) == 1e300


def test_categories_say_what_a_missing_value_means() -> None:
    page = made(annotated([None] * N))
    colours = (Category("kind", np.full(N, -1), ("a",), ("#000000",), "unasked"), *page.colours)
    meta = block(render(replace(page, colours=colours)), "meta")
    assert meta["colours"][0]["missing"] == "unasked"  # type: ignore[index, call-overload]
