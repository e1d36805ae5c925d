"""Repositories: models and files of any commit."""

from __future__ import annotations

import os
from typing import List, Optional

from .errors import MgitError
from .git import SYMLINK, Git
from .manifest import MAGIC, looks_like_manifest, parse_manifest
from .model import Model
from .snapshot import SnapshotCache
from .store import Store


def open_repository(path: str = ".") -> "Repository":
    """
    Opens the repository that holds ``path`` (a work tree, a linked one, a folder in one, a bare repository); close it, or use it in
    ``with``. Errors: ``NOT_A_REPOSITORY``, ``GIT_MISSING``.
    """
    return Repository(path)


def snapshot(
    repository: str = ".", revision: str = "HEAD", cache: Optional[str] = None, folder: str = "", verify: bool = False
) -> str:
    """Opens a repository for :meth:`Repository.snapshot` alone."""
    with open_repository(repository) as opened:
        return opened.snapshot(revision, cache, folder, verify)


class Repository:
    """An mgit repository. Nothing of it is changed, and nothing is fetched."""

    def __init__(self, path: str) -> None:
        self._git = Git(path)
        directory = os.path.join(self._git.common_directory(), "mgit")
        self._store = Store(directory, self._git.promisors())

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
            hint = "see Repository.models for those there are; a file that was committed without mgit: mgit add --renormalize"
            raise MgitError("NOT_A_MODEL", f"{path} is no model in {revision}", hint)
        return Model(self._store, parse_manifest(text))

    def read_file(self, revision: str, path: str) -> bytes:
        """A file as the commit holds it; of a model, its manifest."""
        return self._git.blob(self._git.resolve(f"{revision}:{path}"))

    def files(self, revision: str) -> List[str]:
        """The paths of all files of a revision."""
        return [file.path for file in self._git.files(self._tree(revision))]

    def models(self, revision: str) -> List[str]:
        """The paths of all models of a revision."""
        files = [file for file in self._git.files(self._tree(revision)) if file.mode != SYMLINK]
        heads = self._git.heads((file.blob for file in files), len(MAGIC) + 1)
        return [file.path for file, head in zip(files, heads) if looks_like_manifest(head)]

    def snapshot(
        self, revision: str = "HEAD", cache: Optional[str] = None, folder: str = "", verify: bool = False
    ) -> str:
        """
        A folder with the files of a revision (of a ``folder`` in it), models as themselves, for ``from_pretrained(...)``. It is made once
        for each tree of files, below ``cache`` (default: ``$MGIT_CACHE``, else ``~/.cache/mgit``), and what other snapshots have is not
        made again. Its files are read-only: they are shared. Everything is verified when it is written, with ``verify`` what is there
        as well. Errors: ``EXTENT_MISSING``, ``PATH_UNSAFE``. Returns the folder's path.
        """
        directory = cache or os.environ.get("MGIT_CACHE") or os.path.join(_cache_home(), "mgit")
        tree = self._tree(revision, folder.strip("/"))
        return SnapshotCache(directory).folder(self._git, self._store, tree, verify)

    def _tree(self, revision: str, folder: str = "") -> str:
        return self._git.resolve(f"{revision}^{{tree}}" if folder == "" else f"{revision}:{folder}")


def _cache_home() -> str:
    return os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
