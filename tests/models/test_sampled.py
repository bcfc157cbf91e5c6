import torch
from torch import nn

from connectome.models.nn import (
    GraphAutoencoder,
    Latent,
    RowBlocks,
    TableEncoder,
    kl_divergence,
    make_decoder,
    rectangle,
    tables,
    weighted_prior,
)
from connectome.models.nn.subgraph import take_rows
from connectome.models.sparse import gcn_operator
from tests.models.test_sparse import edges


def test_rectangle_and_its_gradient_equal_the_dense_ones() -> None:
    dense = torch.rand(4, 6, generator=torch.Generator().manual_seed(0)) * (
        torch.rand(4, 6, generator=torch.Generator().manual_seed(1)) > 0.5
    )
    there = dense != 0
    starts = torch.cat([torch.zeros(1), there.sum(dim=1).cumsum(0)]).int()
    operator = rectangle(starts, there.nonzero()[:, 1].int(), dense[there], 6)
    torch.testing.assert_close(operator.matrix.to_dense(), dense)
    torch.testing.assert_close(operator.transposed.to_dense(), dense.T)
    x = torch.randn(6, 3, requires_grad=True)
    ((operator @ x) ** 2).sum().backward()
    torch.testing.assert_close(x.grad, 2 * dense.T @ (dense @ x.detach()))


def test_rows_are_taken_with_the_gradient_of_an_embedding() -> None:
    table = nn.Parameter(torch.randn(5, 2))
    rows = torch.tensor([0, 3])
    (take_rows(table, rows) ** 2).sum().backward()
    assert table.grad is not None
    assert table.grad.is_sparse
    oracle = nn.Embedding(5, 2, sparse=True, _weight=table.detach().clone())
    (oracle(rows) ** 2).sum().backward()
    torch.testing.assert_close(table.grad.to_dense(), oracle.weight.grad.to_dense())
    vector = nn.Parameter(torch.randn(5))
    take_rows(vector, rows).sum().backward()
    assert vector.grad is not None
    assert vector.grad.to_dense().tolist() == [1, 0, 0, 1, 0]


def test_blocks_of_rows_give_the_product_with_the_whole_matrix() -> None:
    exact = gcn_operator(edges(), 30).matrix.to_dense()
    both = torch.cat([edges(), edges().flip(0)], dim=1).unique(dim=1)
    starts = torch.searchsorted(both[0].contiguous(), torch.arange(31))
    dense = torch.randn(30, 4)
    for links in (1, 7, 1000):
        blocks = RowBlocks(starts, both[1].int(), links)
        assert (len(blocks._bounds()) == 1) == (links == 1000)
        torch.testing.assert_close(blocks @ dense, exact @ dense)


def test_weighted_prior_of_all_neurons_is_the_mean() -> None:
    latent = Latent(torch.randn(9, 3), torch.randn(9, 3) * 0.1)
    kl, squares = weighted_prior(latent, torch.arange(9), torch.ones(9))
    assert latent.log_std is not None
    torch.testing.assert_close(kl, kl_divergence(latent.mean, latent.log_std))
    torch.testing.assert_close(squares, latent.mean.square().sum(1).mean())


def test_features_leave_no_table() -> None:
    encoder = TableEncoder(4, 2, 1, torch.Generator())
    network = GraphAutoencoder(encoder, make_decoder("native"))
    assert len(tables(network, torch.ones(4, 2))) == 1, "free factors have rows all the same"
