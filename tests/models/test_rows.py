import torch

from connectome.models.sparse import LinkRows


def test_links_of_senders_in_any_order() -> None:
    edges = torch.tensor([[2, 0, 2, 3, 0], [1, 3, 0, 2, 1]])
    rows = LinkRows.of(edges, 5)
    assert rows.num_neurons == 5
    assert rows.starts.tolist() == [0, 2, 2, 4, 5, 5]
    row, place = rows.places(torch.tensor([3, 4, 2, 0]))
    receiver = rows.receivers[place]
    assert row.tolist() == [0, 2, 2, 3, 3]
    assert receiver.tolist() == [2, 0, 1, 1, 3]


def test_no_sender_has_no_links() -> None:
    row, receiver = LinkRows.of(torch.tensor([[0], [1]]), 2).places(torch.tensor([1]))
    assert len(row) == len(receiver) == 0
