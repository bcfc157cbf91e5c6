"""What each file of a run folder must hold, one table a file.

The files may come from elsewhere or be damaged, so types, ranks, sizes and ranges are all said.
"""

from types import NoneType

from torch import Tensor

from connectome.data.splits import PROTOCOLS
from connectome.runs.schema import Array, Column, Value

STATES = ("running", "complete", "failed", "interrupted", "not applicable")

_TEXT, _DICT = Value((str,)), Value((dict,))
_NUMBER, _COUNT = Value((int, float)), Value((int,), least=0)
_SEED = Value((int,), needed=True)
_FINGERPRINTS = dict.fromkeys(("data_fingerprint", "split_fingerprint"), Value((str,), True))

STATUS_FIELDS = Value(
    (dict,),
    fields={
        "state": Value((str,), True, among=STATES),
        "identity": _DICT,
        "benchmark": Value((dict, NoneType)),
        "sha256": Value((dict,), rest=Value((str, NoneType))),
        "details": Value((list,), rest=_TEXT),
        "sweep": Value((str, NoneType)),
        "error": _TEXT,
        **dict.fromkeys(("data_fingerprint", "split_fingerprint", "features_fingerprint"), _TEXT),
    },
)
IDENTITY = Value(  # of a complete run
    (dict,),
    fields={
        "latent_dim": Value((int, NoneType), True, least=1),
        "seed": _SEED,
        "split": Value(
            (dict,),
            True,
            fields={
                "seed": _SEED,
                "protocol": Value((str,), True),
                "directed": Value((bool,), True),
            },
        ),
        "model": _DICT,
        "test": Value((bool,), True),
        "variant": _TEXT,
        "trial": Value((int, NoneType)),
    },
)
METRICS = Value(
    (dict,),
    fields={"method": Value((str,), True), "latent_dim": Value((int, NoneType))},
    rest=_NUMBER,
)
_SHARE = Value((int, float), True, least=0, most=1)
AUDIT = Value(
    (dict,),
    fields={
        "passed": Value((bool,), True),
        "leaks": Value((dict,), True, rest=_COUNT),
        "sizes": Value((dict,), True, rest=_COUNT),
        "exposure": Value((dict,), True, rest=_COUNT),
        "dropped_self_loops": Value((int,), True, least=0),
        "graph_seen": Value((dict,), True, rest=_TEXT),
        "protocol": Value((str,), True),
        **_FINGERPRINTS,
    },
)
_PART = Value((dict,), True, fields={"_target_": Value((object,), True)})  # checked with the others
RECORD = Value(  # of a checkpoint
    (dict,),
    fields={
        "config": Value(
            (dict,),
            True,
            fields=dict.fromkeys(("data", "split", "datamodule", "model"), _PART)
            | {"test": Value((bool,))},
        ),
        "features_fingerprint": _TEXT,
        **_FINGERPRINTS,
    },
)
WEIGHTS = Value((dict,), True, rest=Value((Tensor,)))
CHECKPOINT = Value((dict,), fields={"state_dict": WEIGHTS})


def reported(part: str) -> Value:
    """What the metrics of a run must hold that is scored on ``part``."""
    fields = {f"{part}/{name}": _SHARE for name in ("auc", "ap", "tied")}
    fields |= {f"{part}/{name}": Value((int,), True, least=0) for name in ("links", "negatives")}
    return Value((dict,), fields=fields | {"seconds": Value((int, float), True, least=0)})


_STRING, _SCALAR = Array("U"), Array("if")
_FACTORS = Array("f", ("N", "d"))
_PAIRS = Array("i", (2, None), below="N")
_IDS = {"neuron_ids": Array("iU", ("N",), distinct=True), "data_fingerprint": _STRING}


def _optional(kinds: str, *shape: str | int | None) -> Array:
    return Array(kinds, shape, needed=False)


_EMBEDDING = {
    **_IDS,
    "method": _STRING,
    "source": _FACTORS,
    "target": _FACTORS,
    "source_bias": _optional("f", "N"),
    "target_bias": _optional("f", "N"),
    "log_std": _optional("f", "N", None),
    "source_network": _optional("f", "W"),
    "target_network": _optional("f", "W"),
    "widths": _optional("i", None),
    "shared": _optional("f", "N", None),
    "score": _STRING,
    **dict.fromkeys(("scale", "offset"), _SCALAR),
}
_EDGES = Array("i", (2, "M"), below="N")
SCORERS: dict[str, dict[str, Array]] = {
    "factors": _EMBEDDING,
    "blend": {
        **_EMBEDDING,
        "edge_index": _EDGES,
        "synapses": Array("f", ("M",)),
        "products": Array("i"),
        **dict.fromkeys(("path_weight", "path_floor"), _SCALAR),
        **dict.fromkeys(("mirror_weight", "reverse_weight"), _SCALAR),
        "homologs": Array("i", ("N",), below="N", needed=False),
    },
    "neighbours": {
        **_IDS,
        "rule": _STRING,
        "edge_index": _EDGES,
        "synapses": _optional("f", "M"),
        "directed": Array("b"),
    },
    "blocks": {
        **_IDS,
        "method": _STRING,
        "rates": Array("f", ("K", "K")),
        "block": Array("i", ("N",), below="K"),
        **dict.fromkeys(("out_propensity", "in_propensity"), Array("f", ("N",))),
    },
}
SPLIT = {
    "num_neurons": Array("i", names="N"),
    **dict.fromkeys(("train", "val", "test", "val_negatives", "test_negatives"), _PAIRS),
    "directed": Array("b"),
    "protocol": Array("U", among=tuple(PROTOCOLS)),
    **dict.fromkeys(("seed", "dropped_self_loops"), Array("i")),
    "member_sizes": _optional("i", None),
    "order": Array("i", ("N",), below="N", distinct=True, needed=False),
}
EVALUATION_PAIRS = dict.fromkeys(("positives", "negatives"), Array("i", (2, None))) | {
    "paired": Array("b")
}
READOUT = {
    "embedding": _STRING,
    "offset": Array("f", ("R",)),
    "weights": Array("f", ("K", "R")),
    **dict.fromkeys(("source_bias", "target_bias"), _optional("f", "N", "R")),
}
COUNTS = READOUT | {"offset": Array("f", (1,)), "log_dispersion": _SCALAR}
EDGE_TYPES = READOUT | {"names": Array("U", ("R",))}

_SCORED = {
    "score": Column("text", among=("native", "head")),
    "numbers_per_neuron": Column("number", least=0),
    "negatives": Column("text"),
}
SCORES = _SCORED | {
    **dict.fromkeys(("metric", "by", "level"), Column("text")),
    "value": Column("number"),
    "links": Column("number", least=0),
    # Of pairs that links compete with.
    **dict.fromkeys(("absent", "absent_distinct"), Column("number", least=0)),
}
CALIBRATION = _SCORED | {
    **dict.fromkeys(("confidence", "frequency"), Column("number", 0, 1)),
    "count": Column("count"),
}
