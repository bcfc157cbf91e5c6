import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from connectome.analysis.latent import ClusterSettings, Graph, cluster_table
from connectome.analysis.latent.cluster_tables import COLUMNS, GRAPH, WINDING
from connectome.metrics.neurons import cluster_agreement
from connectome.models.clustering import kmeans
from connectome.types import Connectome, InputError

GROUP = np.repeat(np.arange(3), 40)
QUICK = ClusterSettings(max_components=6, levels=3, permutations=19)


def blobs(seed: int) -> np.ndarray:
    return 9.0 * np.eye(3)[GROUP] + np.random.default_rng(seed).normal(size=(120, 3))


def row(table: pd.DataFrame, **values: str) -> pd.Series:
    chosen = table[(table[list(values)] == pd.Series(values)).all(axis=1)]
    assert len(chosen) == 1
    return chosen.iloc[0]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    noise = np.random.default_rng(9).permutation(GROUP)
    partly = np.where(np.arange(120) % 4 == 0, -1, GROUP)
    return cluster_table(
        {"blobs": [blobs(0), blobs(1)]},
        {"true": GROUP, "noise": noise, "partly": partly},
        None,
        QUICK,
    )


def test_every_clustering_is_held_against_every_reference(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 9
    assert table["left_out"].isna().all()
    assert set(table["latent_dim"]) == {3}
    assert set(table["seeds"]) == {2}


@pytest.mark.parametrize("clustering", ["k-means", "Gaussian mixture", "divisive mixture"])
def test_true_groups_are_recognised_and_noise_is_not(table: pd.DataFrame, clustering: str) -> None:
    true = row(table, clustering=clustering, reference="true")
    assert true["homogeneity"] == pytest.approx(1)
    assert (true["ami"], true["ari"], true["clusters"]) == (pytest.approx(1), 1, 3)
    assert true["stability_ari"] == 1
    assert true["p"] == pytest.approx(1 / 20)
    noise = row(table, clustering=clustering, reference="noise")
    assert abs(noise["ami"]) < 0.15
    assert noise["p"] > 0.05
    partly = row(table, clustering=clustering, reference="partly")
    assert (partly["neurons"], partly["groups"], partly["ari"]) == (90, 3, 1)


def test_a_clustering_that_is_there_already_is_not_made_again() -> None:
    """Other labels than k-means would find: the row is theirs, and the mixture's its own."""
    halves = np.arange(120) % 2
    made = {("blobs", "k-means", 3): [halves]}
    found = cluster_table({"blobs": [blobs(0)]}, {"true": GROUP}, None, QUICK, made)
    taken = row(found, clustering="k-means", reference="true")
    assert taken["ami"] == pytest.approx(cluster_agreement(halves, GROUP, 19).ami)
    assert taken["clusters"] == 2
    assert row(found, clustering="Gaussian mixture", reference="true")["ami"] == pytest.approx(1)


def test_scores_are_means_over_seeds() -> None:
    mixed = [x + 4 * np.random.default_rng(5).normal(size=x.shape) for x in (blobs(0), blobs(1))]
    found = row(cluster_table({"x": mixed}, {"true": GROUP}, None, QUICK), clustering="k-means")
    each = [
        cluster_agreement(kmeans(x, 3, seed).labels, GROUP, 19, 0) for seed, x in enumerate(mixed)
    ]
    assert found["ami"] == pytest.approx(np.mean([one.ami for one in each]))
    assert found["ami_sd"] == pytest.approx(np.std([one.ami for one in each], ddof=1))
    assert found["null_ami"] == pytest.approx(np.mean([one.null.ami_mean for one in each]))
    assert found["p"] == max(one.null.p_ami for one in each)
    assert pd.isna(found["pair_null_ami"])


def test_rows_that_the_data_do_not_allow_say_why(mushroom: Connectome) -> None:
    graph = Graph.of(mushroom)
    assert graph.homolog is None
    kinds = pd.factorize(mushroom.neurons["cell_type"], sort=True)[0]
    few = np.zeros((mushroom.num_neurons, 2))
    few[0] = 1
    found = cluster_table({"two rows": [few]}, {"cell type": kinds}, graph, QUICK)
    assert "no column 'pair_id'" in row(found, embedding=WINDING)["left_out"]
    assert pd.isna(row(found, embedding=WINDING)["ami"])
    assert "choose 1 to 2" in row(found, clustering="k-means")["left_out"]
    leiden = row(found, embedding=GRAPH)
    assert pd.isna(leiden["left_out"])
    assert leiden["neurons"] == mushroom.num_neurons
    assert leiden["ami"] > leiden["null_ami"] + 3 * leiden["null_ami_sd"]


def test_winding_recipe_and_pair_null_where_hemispheres_are_known() -> None:
    rng = np.random.default_rng(0)
    group = np.tile(np.arange(60) % 3, 2)
    rate = np.where(group[:, None] == (group + 1) % 3, 4.0, 0.3)
    counts = sp.csr_array(rng.poisson(rate).astype(float))
    homolog = (np.arange(120) + 60) % 120
    graph = Graph(counts, np.repeat([0, 1], 60), homolog)
    found = cluster_table({}, {"true": group}, graph, QUICK)
    recipe = row(found, embedding=WINDING)
    assert recipe["ami"] > 0.7
    assert recipe["latent_dim"] == 10
    assert recipe["pair_null_ami_sd"] > recipe["null_ami_sd"]  # half as many units to permute


def test_inputs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="numbers of neurons differ"):
        cluster_table({"x": [blobs(0)]}, {"true": GROUP[:-1]})
    with pytest.raises(InputError, match="'x' has no factors"):
        cluster_table({"x": []}, {"true": GROUP})
