import pytest
import torch
from torch_geometric.nn import GCNConv
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from connectome.models.nn import GCNEncoder
from connectome.models.sparse import SparseOperator, csr_matrix, csr_product, gcn_operator


def edges(n: int = 30, count: int = 90) -> torch.Tensor:
    pairs = torch.randint(n, (2, count), generator=torch.Generator().manual_seed(0))
    keys = (pairs[0] * n + pairs[1]).unique()
    pairs = torch.stack([keys // n, keys % n])
    return pairs[:, pairs[0] != pairs[1]]


def test_product_and_gradient_equal_the_dense_ones() -> None:
    pairs = edges()
    values = torch.rand(pairs.shape[1])
    dense = torch.zeros(30, 30)
    dense[pairs[0], pairs[1]] = values
    matrix = csr_matrix(pairs, values, 30)
    operator = SparseOperator(matrix, csr_matrix(pairs.flip(0), values, 30))
    x = torch.randn(30, 4, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    ((operator @ x) ** 2).sum().backward()
    ((dense @ y) ** 2).sum().backward()
    torch.testing.assert_close(operator @ x, dense @ y)
    torch.testing.assert_close(x.grad, y.grad)


def test_double_precision_and_half_precision() -> None:
    operator = gcn_operator(edges(), 30)
    x = torch.randn(30, 4, dtype=torch.float64)
    assert (operator @ x).dtype == torch.float64
    assert (operator @ x.bfloat16()).dtype == torch.bfloat16
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.isfinite(operator @ x.float()).all()


def test_normalisation_by_hand() -> None:
    # path 0 - 1 - 2: degrees with self-loops 2, 3, 2
    operator = gcn_operator(torch.tensor([[0, 1], [1, 2]]), 3)
    a, b = 1 / 6**0.5, 1 / 3
    expected = torch.tensor([[0.5, a, 0.0], [a, b, a], [0.0, a, 0.5]])
    torch.testing.assert_close(operator.matrix.to_dense(), expected)
    assert operator.transposed is operator.matrix


def test_normalisation_is_that_of_pyg_to_the_bit() -> None:
    pairs = torch.cat([edges(), torch.tensor([[4], [4]])], dim=1)  # a self-loop that is there
    both_ways = torch.cat([pairs, pairs.flip(0)], dim=1).unique(dim=1)
    index, values = gcn_norm(both_ways, None, 31, add_self_loops=True)  # 30 has no link
    expected = torch.zeros(31, 31)
    expected[index[0], index[1]] = values
    assert torch.equal(gcn_operator(pairs, 31).matrix.to_dense(), expected)


@pytest.mark.parametrize("biases", [False, True])
def test_encoder_equals_two_pyg_convolutions(biases: bool) -> None:
    pairs = edges()
    both_ways = torch.cat([pairs, pairs.flip(0)], dim=1).unique(dim=1)
    generator = torch.Generator().manual_seed(0)
    encoder = GCNEncoder(5, 8, 3, heads=2, dropout=0.0, generator=generator, biases=biases)
    features = torch.randn(30, 5)
    first, mean, spread = (GCNConv(*shape, bias=biases) for shape in ((5, 8), (8, 3), (8, 3)))
    for convolution, weight in zip(
        (first, mean, spread), (encoder.first, *encoder.heads), strict=True
    ):
        convolution.lin.weight.data = weight.data.T.clone()
    if encoder.hidden_bias is not None and encoder.head_biases is not None:
        assert not encoder.hidden_bias.any(), "biases begin at 0, as there"
        encoder.hidden_bias.data.uniform_(-1, 1)
        encoder.head_biases.data.uniform_(-1, 1)
        first.bias.data = encoder.hidden_bias.data
        mean.bias.data, spread.bias.data = encoder.head_biases.data.chunk(2)
    hidden = first(features, both_ways).relu()
    got = encoder(gcn_operator(pairs, 30), features)
    for ours, theirs in zip(got, (mean(hidden, both_ways), spread(hidden, both_ways)), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_table_stands_for_identity_features() -> None:
    pairs = edges()
    encoder = GCNEncoder(30, 8, 3, heads=1, dropout=0.0, generator=torch.Generator().manual_seed(0))
    operator = gcn_operator(pairs, 30)
    [without], [with_identity] = encoder(operator, None), encoder(operator, torch.eye(30))
    torch.testing.assert_close(without, with_identity)


def test_dropout_only_in_training() -> None:
    encoder = GCNEncoder(30, 8, 3, heads=1, dropout=0.5, generator=torch.Generator().manual_seed(0))
    operator = gcn_operator(edges(), 30)
    encoder.train()
    assert not torch.equal(encoder(operator, None)[0], encoder(operator, None)[0])
    encoder.eval()
    assert torch.equal(encoder(operator, None)[0], encoder(operator, None)[0])


@pytest.mark.parametrize("columns", [1, 8, 9, 64])
def test_csr_product_adds_up_repeated_columns_and_empty_rows(columns: int) -> None:
    starts, ends = torch.tensor([0, 0, 3, 4, 4]), torch.tensor([2, 2, 0, 1])
    values, dense = torch.tensor([1.0, 2.0, -1.0, 0.5]), torch.randn(3, columns)
    expected = torch.zeros(4, columns)
    expected[1], expected[2] = 3 * dense[2] - dense[0], 0.5 * dense[1]
    torch.testing.assert_close(csr_product(starts, ends, values, dense), expected)
    none = torch.empty(0, dtype=torch.int64)
    assert float(csr_product(torch.zeros(5).long(), none, torch.empty(0), dense).sum()) == 0.0
