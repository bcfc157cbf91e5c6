"""Columns of a neuron table as other programs take them: each of one type."""

import pandas as pd
from pandas.api.extensions import ExtensionDtype

from connectome.types import Connectome, InputError

# What pandas calls the values of an untyped column, and the type that they get.
NULLABLE: dict[str, ExtensionDtype] = {
    "integer": pd.Int64Dtype(),
    "boolean": pd.BooleanDtype(),
    "floating": pd.Float64Dtype(),
}


def columns_of(connectome: Connectome) -> dict[str, pd.Series]:
    """Annotations ``[N]`` by name, each as :func:`of_one_type` has it.

    Raises:
        InputError: if two columns have one name.
    """
    names = [str(name) for name in connectome.neurons.columns]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"{connectome.name}: column '{twice[0]}' occurs twice; rename one")
    columns = (connectome.neurons.iloc[:, k] for k in range(len(names)))
    return {name: of_one_type(column) for name, column in zip(names, columns, strict=True)}


def of_one_type(column: pd.Series) -> pd.Series:
    """The same values as integers, reals, truth values, dates or text, with NA where missing."""
    column = column.reset_index(drop=True)
    if column.dtype.kind in "iufbmM":
        return column
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if column.dtype == object and kind in NULLABLE:
        try:
            return column.astype(NULLABLE[kind])
        except OverflowError:
            pass  # integers that 64 bits cannot hold stay exact as text
    return column.astype(object).map(str, na_action="ignore").astype("string")
