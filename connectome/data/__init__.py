"""From files to a :class:`~connectome.types.Connectome`, and from there to audited splits."""

from connectome.data.annotations import (
    cell_types,
    hemispheres,
    homologs,
    ignored,
    mirror,
)
from connectome.data.audit import SplitAudit, audit_split, graph_hash
from connectome.data.blockmodel import read_blockmodel, sample_links, sample_synapses
from connectome.data.celegans import ANIMALS, read_celegans
from connectome.data.collection import join, members_of, read_collection, take_neurons
from connectome.data.describe import Description, describe, print_description
from connectome.data.features import FROM_EDGES, check_groups, feature_fingerprint
from connectome.data.features import GROUPS as FEATURES
from connectome.data.flywire import read_flywire_right
from connectome.data.larva_brain import read_larva_brain
from connectome.data.link_details import load_details, pair_synapses, save_details
from connectome.data.mushroom_body import read_mushroom_body
from connectome.data.negatives import AbsentPairs
from connectome.data.pairs import distinct_pairs
from connectome.data.planetoid import read_planetoid
from connectome.data.protocols import PROTOCOLS, WHOLE, reported_part
from connectome.data.regimes import REGIMES, REGIMES_VERSION, Contest, belongs, make_contest
from connectome.data.release import read_release
from connectome.data.splits import (
    SplitConfig,
    message_graph,
    scored_parts,
    split_links,
    training_negatives,
    whole_graph,
)
from connectome.data.storage import (
    load_contest,
    load_json,
    load_scorer,
    load_split,
    save_contest,
    save_json,
    save_scorer,
    save_split,
)
from connectome.data.strata import STRATA, STRATA_VERSION, Stratum, strata
from connectome.data.structure_features import structural_profile
from connectome.data.table import read_table
from connectome.data.wiring import WiringSettings, wiring_law

__all__ = [
    "ANIMALS",
    "FEATURES",
    "FROM_EDGES",
    "PROTOCOLS",
    "REGIMES",
    "REGIMES_VERSION",
    "STRATA",
    "STRATA_VERSION",
    "WHOLE",
    "AbsentPairs",
    "Contest",
    "Description",
    "SplitAudit",
    "SplitConfig",
    "Stratum",
    "WiringSettings",
    "audit_split",
    "belongs",
    "cell_types",
    "check_groups",
    "describe",
    "distinct_pairs",
    "feature_fingerprint",
    "graph_hash",
    "hemispheres",
    "homologs",
    "ignored",
    "join",
    "load_contest",
    "load_details",
    "load_json",
    "load_scorer",
    "load_split",
    "make_contest",
    "members_of",
    "message_graph",
    "mirror",
    "pair_synapses",
    "print_description",
    "read_blockmodel",
    "read_celegans",
    "read_collection",
    "read_flywire_right",
    "read_larva_brain",
    "read_mushroom_body",
    "read_planetoid",
    "read_release",
    "read_table",
    "reported_part",
    "sample_links",
    "sample_synapses",
    "save_contest",
    "save_details",
    "save_json",
    "save_scorer",
    "save_split",
    "scored_parts",
    "split_links",
    "strata",
    "structural_profile",
    "take_neurons",
    "training_negatives",
    "whole_graph",
    "wiring_law",
]
