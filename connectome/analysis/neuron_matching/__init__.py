"""Neurons of one brain matched with those of another: truth, controls, scores, tables, figures."""

from connectome.analysis.neuron_matching.found import matched_sides, pairs_file
from connectome.analysis.neuron_matching.given_types import GivenTypes
from connectome.analysis.neuron_matching.halves import Across, Halves, halves
from connectome.analysis.neuron_matching.report import MatchReport, report_match
from connectome.analysis.neuron_matching.tables import outcome
from connectome.analysis.neuron_matching.tasks import Matched, match_brains
from connectome.analysis.neuron_matching.truth import Truth, read_truth

__all__ = [
    "Across",
    "GivenTypes",
    "Halves",
    "MatchReport",
    "Matched",
    "Truth",
    "halves",
    "match_brains",
    "matched_sides",
    "outcome",
    "pairs_file",
    "read_truth",
    "report_match",
]
