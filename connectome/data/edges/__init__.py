"""Edges of any source: files of any format, and objects of Python."""

from connectome.data.edges.files import GRAPHS, read_edges
from connectome.data.edges.lists import edge_list
from connectome.data.edges.objects import edges_of_object, plain_frame
from connectome.data.edges.wanted import Wanted

__all__ = ["GRAPHS", "Wanted", "edge_list", "edges_of_object", "plain_frame", "read_edges"]
