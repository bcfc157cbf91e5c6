import numpy as np
import pandas as pd
import torch

from connectome.analysis.latent import Graph, synapse_matrix
from connectome.types import Connectome
from tests.conftest import annotated_connectome, random_connectome


def test_graph_is_read_from_the_connectome() -> None:
    connectome = annotated_connectome(4)
    assert Graph.of(connectome).hemisphere is None
    sides = np.random.default_rng(0).choice(["left", "right", None], 40)
    connectome.neurons["hemisphere"] = sides
    graph = Graph.of(connectome)
    assert graph.hemisphere is not None
    assert graph.homolog is not None
    assert graph.hemisphere.tolist() == [{"left": 0, "right": 1}.get(side, -1) for side in sides]
    pre, post = connectome.edge_index
    dense = torch.from_numpy(graph.adjacency.toarray())
    assert torch.equal(dense[pre, post], connectome.synapses)
    assert graph.adjacency.nnz == connectome.num_edges
    logs = synapse_matrix(connectome, "log1p").toarray()
    np.testing.assert_allclose(logs, np.log1p(dense.numpy()))
    paired = graph.homolog >= 0
    np.testing.assert_array_equal(
        connectome.neuron_ids[graph.homolog[paired]],
        connectome.neurons["pair_id"][paired].to_numpy(dtype=int),
    )


def test_hemispheres_in_other_words_count_as_none() -> None:
    connectome = random_connectome(0)
    neurons = pd.DataFrame({"hemisphere": ["dorsal", "ventral"] * 20})
    renamed = Connectome(
        "renamed", connectome.neuron_ids, connectome.edge_index, connectome.synapses, neurons
    )
    graph = Graph.of(renamed)
    assert graph.hemisphere is None
    assert graph.missing[0] == (
        "renamed: 'hemisphere' of 40 neurons, such as 'dorsal', is neither left nor right; write "
        "left or right, or leave it empty"
    )
