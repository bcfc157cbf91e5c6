"""What a program is told: its options, their checks, and what is built of them."""

from connectome.config.build import (
    build,
    build_given,
    check,
    option_name,
    suggest,
)
from connectome.config.checks import (
    require_known,
    require_part,
    require_whole,
)
from connectome.config.identity import (
    differences,
    identity,
)
from connectome.config.kinds import check_value
from connectome.config.quoting import (
    quoted,
    text_is_needed,
    unquoted,
)
from connectome.config.schema import (
    HYDRA_PROGRAMS,
    config_folder,
    in_sweep,
    load_config,
    open_groups,
    option,
    plain,
    quiet_libraries,
    quietly,
    register,
    register_schema,
    require_fitting_variant,
    typed,
)

__all__ = [
    "HYDRA_PROGRAMS",
    "build",
    "build_given",
    "check",
    "check_value",
    "config_folder",
    "differences",
    "identity",
    "in_sweep",
    "load_config",
    "open_groups",
    "option",
    "option_name",
    "plain",
    "quiet_libraries",
    "quietly",
    "quoted",
    "register",
    "register_schema",
    "require_fitting_variant",
    "require_known",
    "require_part",
    "require_whole",
    "suggest",
    "text_is_needed",
    "typed",
    "unquoted",
]
