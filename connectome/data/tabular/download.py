"""Files from the network: several mirrors, a checksum, a cache that never holds half a file."""

import hashlib
import io
import os
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from connectome.runtime import into_place
from connectome.types import InputError

_COLUMNS = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
_TIMEOUT = 30  # seconds without a byte before the next mirror is tried


def cache_folder() -> Path:
    """``$CONNECTOME_CACHE``, else ``connectome-latent`` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("CONNECTOME_CACHE") or Path(base) / "connectome-latent")


def fetch(name: str, mirrors: Sequence[str], sha256: str, folder: Path | None = None) -> Path:
    """Path of the file ``name`` in the cache, downloaded from the first mirror that delivers it.

    A mirror ``URL#member.zip`` is an archive in which the wanted file is a member.

    Args:
        name: file name in the cache.
        mirrors: addresses, tried in order.
        sha256: expected checksum, 64 hex digits.
        folder: the cache, :func:`cache_folder` by default.

    Raises:
        InputError: if no mirror delivers a file with that checksum; says what each one answered.
    """
    folder = folder or cache_folder()
    target = folder / name
    if target.is_file() and file_sha256(target) == sha256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for mirror in mirrors:
        try:
            content = _download(mirror, name)
        except (OSError, ValueError, zipfile.BadZipFile, zlib.error, KeyError) as error:
            failures.append(f"{mirror}: {error}")
            continue
        found = hashlib.sha256(content).hexdigest()
        if found == sha256:
            with into_place(target) as beside:  # two processes may fetch at once
                beside.write_bytes(content)
            return target
        failures.append(f"{mirror}: sha256 {found[:12]}... instead of {sha256[:12]}...")
    raise InputError(
        f"{name} could not be downloaded ({'; '.join(failures)}); "
        "fetch it by other means and pass its path as data.archive=PATH"
    )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(mirror: str, name: str) -> bytes:
    url, _, member = mirror.partition("#")
    request = urllib.request.Request(url, headers={"User-Agent": "connectome-latent"})
    columns = (*_COLUMNS, TransferSpeedColumn(), TimeRemainingColumn())
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer, Progress(*columns) as bar:
        length = answer.headers.get("Content-Length")
        task = bar.add_task(f"Downloading {name}", total=int(length) if length else None)
        content = io.BytesIO()
        while chunk := answer.read(1 << 16):
            content.write(chunk)
            bar.advance(task, len(chunk))
    if length and content.tell() != int(length):
        raise OSError(f"connection closed after {content.tell()} of {length} bytes")
    if not member:
        return content.getvalue()
    with zipfile.ZipFile(content) as archive:
        return archive.read(member)
