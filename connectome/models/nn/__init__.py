"""Networks: encoders, decoders and the autoencoders made of them."""

from connectome.models.nn.architecture import NetworkSettings
from connectome.models.nn.autoencoders import (
    GraphAutoencoder,
    Latent,
    active_units,
    kl_divergence,
    reconstruction_loss,
)
from connectome.models.nn.decoder_mlp import DecoderMLP
from connectome.models.nn.decoders import (
    Biases,
    make_decoder,
)
from connectome.models.nn.deep_encoder import DeepEncoder
from connectome.models.nn.edge_attribute_heads import (
    HeadSettings,
    LinkHeads,
)
from connectome.models.nn.encoders import (
    ConvolutionSettings,
    GCNEncoder,
    TableEncoder,
    make_encoder,
)
from connectome.models.nn.inductive_encoder import (
    RoleEncoder,
    Roles,
    View,
    partner_means,
)
from connectome.models.nn.muon import Muon
from connectome.models.nn.optimization import (
    OptimizerSettings,
    SchedulerSettings,
    parts_over,
    require_usual,
)
from connectome.models.nn.subgraph import (
    HOPS,
    RowBlocks,
    Sample,
    rectangle,
    sampled_latent,
    sampled_logits,
    sparse_rows,
    tables,
    weighted_prior,
)
from connectome.models.nn.variational import (
    PosteriorSettings,
    latent_activity,
)

__all__ = [
    "HOPS",
    "Biases",
    "ConvolutionSettings",
    "DecoderMLP",
    "DeepEncoder",
    "GCNEncoder",
    "GraphAutoencoder",
    "HeadSettings",
    "Latent",
    "LinkHeads",
    "Muon",
    "NetworkSettings",
    "OptimizerSettings",
    "PosteriorSettings",
    "RoleEncoder",
    "Roles",
    "RowBlocks",
    "Sample",
    "SchedulerSettings",
    "TableEncoder",
    "View",
    "active_units",
    "kl_divergence",
    "latent_activity",
    "make_decoder",
    "make_encoder",
    "partner_means",
    "parts_over",
    "reconstruction_loss",
    "rectangle",
    "require_usual",
    "sampled_latent",
    "sampled_logits",
    "sparse_rows",
    "tables",
    "weighted_prior",
]
