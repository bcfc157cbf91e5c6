"""Columnar files whose offsets or codes point outside are refused; Arrow would read outside."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest

from connectome.data.readers.table import read_table
from connectome.types import InputError


def offsets_outside() -> pa.Array:
    """Three ids in six bytes, of which the first shall end at byte 2^30."""
    offsets = np.array([0, 2**30, 4, 6], dtype=np.int32)
    return pa.StringArray.from_buffers(3, pa.py_buffer(offsets), pa.py_buffer(b"AABBCC"))


def codes_outside() -> pa.Array:
    return pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 2**28], pa.int32()), pa.array(["AA", "BB"]), safe=False
    )


@pytest.mark.parametrize("damaged", [offsets_outside, codes_outside])
def test_ids_that_point_outside_the_file(tmp_path: Path, damaged) -> None:  # type: ignore[no-untyped-def]
    edges, sound = tmp_path / "edges.feather", pa.array(["AA", "BB", "CC"])
    pa.feather.write_feather(
        pa.table({"pre": damaged(), "post": sound}), str(edges), compression="uncompressed"
    )
    with pytest.raises(InputError, match=r"edges\.feather: cannot be read as feather"):
        read_table(str(edges))
    pa.feather.write_feather(pa.table({"pre": sound, "post": sound}), str(edges))
    neurons = tmp_path / "neurons.feather"
    pa.feather.write_feather(
        pa.table({"neuron_id": sound, "cell_type": damaged()}), str(neurons),
        compression="uncompressed",
    )  # fmt: skip
    with pytest.raises(InputError, match=r"neurons\.feather: cannot be read as feather"):
        read_table(str(edges), neurons=str(neurons))
