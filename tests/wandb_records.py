"""Reads what W&B keeps offline: a LevelDB log of protobuf records."""

from collections.abc import Iterator
from pathlib import Path

from wandb.proto.wandb_internal_pb2 import Record

BLOCK, HEADER, FILE_HEADER = 32768, 7, 7
WHOLE, FIRST = 1, 2


def records(path: Path) -> Iterator[Record]:
    """The records of a ``run-ID.wandb``."""
    content, at, parts = path.read_bytes(), FILE_HEADER, b""
    while at + HEADER <= len(content):
        if BLOCK - at % BLOCK < HEADER:  # the rest of a block that holds no header
            at += BLOCK - at % BLOCK
            continue
        length, kind = int.from_bytes(content[at + 4 : at + 6], "little"), content[at + 6]
        body = content[at + HEADER : at + HEADER + length]
        parts = body if kind in (WHOLE, FIRST) else parts + body
        at += HEADER + length
        if kind in (WHOLE, 4):
            record = Record()
            record.ParseFromString(parts)
            yield record
