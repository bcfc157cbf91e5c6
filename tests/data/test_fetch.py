import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from connectome.data.tabular import fetch
from connectome.data.tabular.download import cache_folder
from connectome.types import InputError

CONTENT = b"synapse" * 30_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("inner.zip", CONTENT)
    return buffer.getvalue()


class Handler(BaseHTTPRequestHandler):
    files: ClassVar = {"/good": CONTENT, "/other": b"something else", "/nested": archive()}
    requests: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.requests.append(self.path)
        if self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[:100])
        elif self.path in self.files:
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.files[self.path])))
            self.end_headers()
            self.wfile.write(self.files[self.path])
        else:
            self.send_error(404)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Handler.requests.clear()
    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_first_working_mirror_wins_and_the_cache_is_used(server: str, tmp_path: Path) -> None:
    mirrors = [f"{server}/{name}" for name in ("absent", "other", "short", "good", "never")]
    path = fetch("data.zip", mirrors, SHA256, tmp_path / "cache")
    assert path.read_bytes() == CONTENT
    assert Handler.requests == ["/absent", "/other", "/short", "/good"]
    assert fetch("data.zip", mirrors, SHA256, tmp_path / "cache") == path
    assert len(Handler.requests) == 4
    assert [file.name for file in path.parent.iterdir()] == ["data.zip"]


def test_damaged_cache_is_downloaded_again(server: str, tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(CONTENT[:50])
    assert fetch("data.zip", [f"{server}/good"], SHA256, tmp_path).read_bytes() == CONTENT


def test_member_of_an_archive(server: str, tmp_path: Path) -> None:
    path = fetch("data.zip", [f"{server}/nested#inner.zip"], SHA256, tmp_path)
    assert path.read_bytes() == CONTENT


def test_failure_names_every_mirror_and_the_remedy(server: str, tmp_path: Path) -> None:
    mirrors = [f"{server}/absent", f"{server}/other", f"{server}/good#member"]
    with pytest.raises(InputError) as error:
        fetch("data.zip", mirrors, SHA256, tmp_path)
    for part in ("404", "sha256", "zip file", "data.archive=PATH"):
        assert part in str(error.value)
    assert not list(tmp_path.iterdir())


def test_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOME_CACHE", "/somewhere")
    assert cache_folder() == Path("/somewhere")
    monkeypatch.delenv("CONNECTOME_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/connectome-latent")
