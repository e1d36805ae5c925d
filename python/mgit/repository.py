"""Repositories: files of any commit, through git's own plumbing."""

from __future__ import annotations

import os
import subprocess
from typing import Iterator, List, Optional, Tuple

from .errors import MgitError
from .manifest import looks_like_manifest, parse_manifest
from .model import Model
from .store import Store


def open_repository(path: str = ".") -> "Repository":
    """Opens the repository that holds ``path``; close it, or use it in ``with``. Errors: ``NOT_A_REPOSITORY``."""
    return Repository(path)


class Repository:
    """An mgit repository. Nothing of it is changed, and nothing is fetched."""

    def __init__(self, path: str) -> None:
        self._path = path
        common = self._git("rev-parse", "--git-common-dir").decode().strip()
        self._store = Store(os.path.join(path, common, "mgit", "packs"))

    def __enter__(self) -> "Repository":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._store.close()

    def model(self, revision: str, path: str) -> Model:
        """The model at ``path`` of a revision. Errors: ``NOT_A_MODEL``, ``REVISION_UNKNOWN``."""
        text = self.read_file(revision, path)
        if not looks_like_manifest(text):
            raise MgitError("NOT_A_MODEL", f"{path} is no model in {revision}")
        return Model(self._store, parse_manifest(text))

    def read_file(self, revision: str, path: str) -> bytes:
        """A file as the commit holds it; of a model, its manifest."""
        return self._git("cat-file", "blob", f"{revision}:{path}")

    def files(self, revision: str) -> List[str]:
        """The paths of all files of a revision."""
        return [path for path, _ in self._tree(revision)]

    def models(self, revision: str) -> List[str]:
        """The paths of all models of a revision."""
        return [path for path, blob in self._tree(revision) if looks_like_manifest(self._git("cat-file", "blob", blob))]

    def export(self, revision: str, cache: Optional[str] = None) -> str:
        """
        A folder with all files of a revision, models as themselves, for ``from_pretrained(...)``; made once for each commit below
        ``cache`` (default ``~/.cache/mgit``). Returns its path.
        """
        commit = self._git("rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
        root = cache or os.path.join(os.path.expanduser("~"), ".cache", "mgit")
        target = os.path.join(root, commit)
        if os.path.isdir(target):
            return target
        unfinished = f"{target}.{os.getpid()}"
        for path, blob in self._tree(commit):
            self._write(os.path.join(unfinished, _safe(path)), self._git("cat-file", "blob", blob))
        try:
            os.rename(unfinished, target)
        except OSError:
            if not os.path.isdir(target):
                raise
        return target

    def _write(self, place: str, content: bytes) -> None:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if looks_like_manifest(content):
            Model(self._store, parse_manifest(content)).write(place)
            return
        with open(place, "wb") as file:
            file.write(content)

    def _tree(self, revision: str) -> Iterator[Tuple[str, str]]:
        """Paths and blobs of regular files."""
        listing = self._git("ls-tree", "-r", "-z", "--full-tree", revision)
        for line in listing.decode("utf-8", "surrogateescape").split("\0"):
            if line:
                (mode, _, blob), path = line.split("\t", 1)[0].split(" "), line.split("\t", 1)[1]
                if mode.startswith("100"):
                    yield path, blob

    def _git(self, *arguments: str) -> bytes:
        done = subprocess.run(["git", "-C", self._path, *arguments], capture_output=True, check=False)
        if done.returncode != 0:
            message = done.stderr.decode("utf-8", "replace").strip()
            code = "NOT_A_REPOSITORY" if "not a git repository" in message else "REVISION_UNKNOWN"
            raise MgitError(code, message)
        return done.stdout


def _safe(path: str) -> str:
    """A path of a tree, which comes from strangers, must not lead out of the folder."""
    parts = path.split("/")
    if os.path.isabs(path) or any(part in ("", ".", "..") for part in parts) or "\\" in path:
        raise MgitError("PATH_UNSAFE", f"{path!r} leads out of the folder")
    return os.path.join(*parts)
