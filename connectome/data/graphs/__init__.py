"""Connectomes in files of graphs, a module a format."""

from connectome.data.graphs.attributes import OWN_IDS, graph_of
from connectome.data.graphs.contents import Asked, Graph
from connectome.data.graphs.files import parsed, parts_of
from connectome.data.graphs.gexf import read_gexf
from connectome.data.graphs.gml import read_gml
from connectome.data.graphs.graphml import read_graphml
from connectome.data.graphs.node_link import read_node_link

__all__ = [
    "OWN_IDS",
    "Asked",
    "Graph",
    "graph_of",
    "parsed",
    "parts_of",
    "read_gexf",
    "read_gml",
    "read_graphml",
    "read_node_link",
]
