"""Snapshots: folders of files as a commit has them, for programs that read files, such as ``from_pretrained``."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from typing import BinaryIO, Callable, Dict, List, Optional

from .errors import MgitError
from .git import EXECUTABLE, SYMLINK, Git, TreeFile
from .manifest import MAGIC, Manifest, parse_manifest
from .model import Model
from .store import Store

_SLICE = 1 << 20


class SnapshotCache:
    """
    ``trees/<tree id>``: a folder for each tree of Git. ``files/<blob id>``: each content once, linked into every folder that has it.
    Nothing appears under its name before it is whole: several programs may use one cache.
    """

    def __init__(self, directory: str) -> None:
        self._directory = os.path.abspath(directory)

    def folder(self, git: Git, store: Store, tree: str, verify: bool) -> str:
        """The folder of a tree, made where it is not there yet. With ``verify`` what is there already is read and hashed again."""
        target = os.path.join(self._directory, "trees", tree)
        if os.path.isdir(target) and not verify:
            return target
        files = list(git.files(tree))
        models = _models(git, files)
        contents: Dict[TreeFile, str] = {}
        for file in files:
            if file.mode != SYMLINK:
                contents[file] = self._content(git, store, file, models.get(file.blob), verify)
        if not _holds(target, contents):
            _replace(target, lambda folder: _fill(folder, git, files, contents))
        return target

    def _content(self, git: Git, store: Store, file: TreeFile, manifest: Optional[Manifest], verify: bool) -> str:
        """The file of a content, made where it is not there yet, or is not what it should be."""
        name = file.blob + (".x" if file.mode == EXECUTABLE else "")
        place = os.path.join(self._directory, "files", name)
        if os.path.isfile(place) and _is_whole(place, file.blob, manifest, verify):
            return place
        if manifest is None:
            _write(place, file.mode, lambda out: git.copy_blob(file.blob, out))
        else:
            _write(place, file.mode, Model(store, manifest).write)
        return place


def _holds(target: str, contents: Dict[TreeFile, str]) -> bool:
    """Whether a folder has these contents; one whose files are copies is not looked into."""
    if not os.path.isdir(target):
        return False
    places = {content: os.path.join(target, _safe(file.path)) for file, content in contents.items()}
    return all(os.path.exists(place) and os.path.samefile(content, place) for content, place in places.items())


def _replace(target: str, fill: Callable[[str], None]) -> None:
    """Lets a folder take its place when it is whole."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=os.path.dirname(target)) as unfinished:
        made = os.path.join(unfinished, "made")
        os.mkdir(made)
        fill(made)
        if os.path.isdir(target):
            os.rename(target, os.path.join(unfinished, "before"))
        try:
            os.rename(made, target)
        except OSError:
            if not os.path.isdir(target):  # Else another program was faster.
                raise


def _fill(folder: str, git: Git, files: List[TreeFile], contents: Dict[TreeFile, str]) -> None:
    for file in files:
        place = os.path.join(folder, _safe(file.path))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if file.mode == SYMLINK:
            os.symlink(_safe_link(file.path, os.fsdecode(git.blob(file.blob))), place)
        else:
            _link(contents[file], place)


def _models(git: Git, files: List[TreeFile]) -> Dict[str, Manifest]:
    """The manifests among the contents of files, by blob."""
    blobs = sorted({file.blob for file in files if file.mode != SYMLINK})
    magic = MAGIC.encode() + b"\n"
    heads = git.heads(blobs, len(magic))
    return {blob: parse_manifest(git.blob(blob)) for blob, head in zip(blobs, heads) if head == magic}


def _is_whole(place: str, blob: str, manifest: Optional[Manifest], verify: bool) -> bool:
    """A file that was cut off, or that somebody has written to, is made anew."""
    size = os.path.getsize(place)
    if manifest is not None and size != manifest.size:
        return False
    if not verify:
        return True
    with open(place, "rb") as file:
        if manifest is None:
            return _digest(file, size, hashlib.sha1(b"blob %d\0" % size)) == blob
        return all(_digest(file, extent.length, hashlib.sha256()) == extent.digest for extent in manifest.extents)


def _digest(file: BinaryIO, length: int, digest: "hashlib._Hash") -> str:
    while length > 0:
        piece = file.read(min(length, _SLICE))
        if not piece:
            break
        digest.update(piece)
        length -= len(piece)
    return digest.hexdigest()


def _write(place: str, mode: str, fill: Callable[[BinaryIO], None]) -> None:
    """Read-only, since others are linked to it; in its place only when it is whole and on disk."""
    os.makedirs(os.path.dirname(place), exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=".unfinished-", dir=os.path.dirname(place))
    try:
        with os.fdopen(handle, "wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(unfinished, 0o555 if mode == EXECUTABLE else 0o444)
        os.replace(unfinished, place)
    except BaseException:
        os.chmod(unfinished, stat.S_IWUSR)
        os.unlink(unfinished)
        raise


def _link(content: str, place: str) -> None:
    """A hard link; a copy where the file system has none."""
    try:
        os.link(content, place)
    except OSError:
        shutil.copy(content, place)


def _safe(path: str) -> str:
    """A path of a tree, which comes from strangers, must not lead out of the folder."""
    parts = path.split("/")
    if os.path.isabs(path) or any(part in ("", ".", "..") for part in parts) or "\\" in path or "\0" in path:
        raise MgitError("PATH_UNSAFE", f"{path!r} leads out of the folder")
    return os.path.join(*parts)


def _safe_link(path: str, target: str) -> str:
    """Neither must a symbolic link."""
    reached = os.path.normpath(os.path.join("/root", os.path.dirname(path), target))
    if os.path.isabs(target) or not (reached + "/").startswith("/root/"):
        raise MgitError("PATH_UNSAFE", f"the link {path!r} leads out of the folder")
    return target
