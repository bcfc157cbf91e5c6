"""Names of methods: that of the configuration in ``conf/model``, and what is not as it says."""

from collections.abc import Sequence


def autoencoder_name(
    encoder: str,
    variational: bool,
    source_target: bool,
    biases: bool,
    conv_bias: bool,
    decoder: str,
) -> str:
    """``gae``, ``linear_vgae``, ``factor`` ... with what the name does not already say.

    Args:
        encoder: ``gcn``, ``linear`` or ``table``.
        variational: whether factors are distributions.
        source_target: whether a neuron has other factors as a receiver.
        biases: whether neurons have biases.
        conv_bias: whether graph convolutions have.
        decoder: name of the similarity.
    """
    kind = "vgae" if variational else "gae"
    table = "variational-factor" if variational else "factor"
    name = {"gcn": kind, "linear": f"linear_{kind}", "table": table}[encoder]
    usual = encoder == "table"  # a factor model has two sides and biases
    two_sides = source_target and not usual
    if two_sides and name == "gae":
        name, two_sides = "source_target_gae", False
    return _with(
        name,
        {
            "source-target": two_sides,
            "symmetric": not source_target and usual,
            "biases": biases and not usual,
            "no-biases": not biases and usual,
            "conv-bias": conv_bias,
            decoder: decoder not in ("native", "inner_product"),
        },
    )


def directed_name(free: bool, variational: bool, decoder: str, source_target: bool) -> str:
    """``directed_gae``, ``directed_factor``, ``directed_distance`` ... with what is not as usual.

    Args:
        free: whether the factors are the table, without encoder and networks.
        variational: whether factors are distributions.
        decoder: name of the similarity.
        source_target: whether a neuron has other factors as a receiver.
    """
    name = f"directed_{'v' if variational else ''}{'factor' if free else 'gae'}"
    if name == "directed_factor" and decoder == "distance":
        name, decoder = "directed_distance", "inner_product"
    return _with(name, {decoder: decoder != "inner_product", "one-side": not source_target})


def blend_name(product_share: float | None, evidence: Sequence[str]) -> str:
    """``directed_blend``, with the share of products and the evidence that it takes.

    Args:
        product_share: of the dimensions, if it was given.
        evidence: names of it.
    """
    products = {} if product_share is None else {f"product-{product_share:g}": True}
    return _with("directed_blend", products | dict.fromkeys(evidence, True))


def _with(name: str, options: dict[str, bool]) -> str:
    return "-".join([name, *(option for option, given in options.items() if given)])
