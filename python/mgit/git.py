"""Git's own plumbing: what a repository holds besides tensors."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import BinaryIO, Iterable, Iterator, List, NamedTuple

from .errors import MgitError

_SLICE = 1 << 20
SYMLINK = "120000"
EXECUTABLE = "100755"


class TreeFile(NamedTuple):
    """A file or symbolic link of a tree; ``path`` is relative to it, with slashes."""

    mode: str
    blob: str
    path: str


class Git:
    """The git program, in one repository. Errors: ``GIT_MISSING``, ``NOT_A_REPOSITORY``, ``REVISION_UNKNOWN``, ``GIT_FAILED``."""

    def __init__(self, path: str) -> None:
        self.path = path

    def common_directory(self) -> str:
        """The Git directory that all work trees of a repository share, absolute."""
        found = self.run("rev-parse", "--git-common-dir").decode("utf-8", "surrogateescape").rstrip("\n")
        return os.path.realpath(os.path.join(self.path, found))

    def resolve(self, name: str) -> str:
        """The id of an object. A name that begins with a dash would be an option."""
        if name.startswith("-"):
            raise MgitError("REVISION_UNKNOWN", f"{name!r} is no revision")
        return self.run("rev-parse", "--verify", "--end-of-options", name).decode().strip().split("\n")[-1]

    def promisors(self) -> List[str]:
        """The remotes with which a partial clone has left tensors (``remote.<name>.mgitPromisor``)."""
        done = self._start(["config", "-z", "--get-regexp", r"^remote\..*\.mgitpromisor$"])
        found = [item.split("\n") for item in done.stdout.decode("utf-8", "replace").split("\0") if item]
        return [key.split(".", 1)[1].rsplit(".", 1)[0] for key, *value in found if value != ["false"]]

    def files(self, tree: str) -> Iterator[TreeFile]:
        """The files and symbolic links below a tree; submodules are left out."""
        listing = self.run("ls-tree", "-r", "-z", "--full-tree", tree)
        for line in listing.decode("utf-8", "surrogateescape").split("\0"):
            if line:
                head, path = line.split("\t", 1)
                mode, kind, blob = head.split(" ")
                if kind == "blob":
                    yield TreeFile(mode, blob, path)

    def blob(self, name: str) -> bytes:
        """The content of a blob."""
        return self.run("cat-file", "blob", name)

    def heads(self, blobs: Iterable[str], length: int) -> Iterator[bytes]:
        """The first bytes of blobs, in their order; no blob is held as a whole."""
        with self._start_batch() as process:
            assert process.stdin is not None and process.stdout is not None
            for blob in blobs:
                process.stdin.write(f"{blob}\n".encode())
                process.stdin.flush()
                header = process.stdout.readline().split()
                if len(header) != 3:
                    raise MgitError("GIT_FAILED", f"git cannot read object {blob}", "run git fsck")
                head = b""
                left = int(header[2])
                while left > 0:
                    piece = process.stdout.read(min(left, _SLICE))
                    if not piece:
                        raise MgitError("GIT_FAILED", f"git cannot read object {blob}", "run git fsck")
                    head += piece[: max(0, length - len(head))]
                    left -= len(piece)
                process.stdout.read(1)
                yield head
            process.stdin.close()

    def copy_blob(self, blob: str, file: BinaryIO) -> None:
        """Writes a blob to a file, in slices."""
        with self._stream(blob) as process:
            assert process.stdout is not None
            shutil.copyfileobj(process.stdout, file, _SLICE)
        if process.returncode != 0:
            raise MgitError("GIT_FAILED", f"git cannot read object {blob}", "run git fsck")

    def run(self, *arguments: str) -> bytes:
        """What git prints."""
        done = self._start(list(arguments))
        if done.returncode != 0:
            raise _failure(done.stderr.decode("utf-8", "replace").strip())
        return done.stdout

    def _start(self, arguments: List[str]) -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(self._command(arguments), capture_output=True, check=False, env=_environment())
        except FileNotFoundError as error:
            raise _missing() from error

    def _start_batch(self) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(
                self._command(["cat-file", "--batch"]),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        except FileNotFoundError as error:
            raise _missing() from error

    def _stream(self, blob: str) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(
                self._command(["cat-file", "blob", blob]),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        except FileNotFoundError as error:
            raise _missing() from error

    def _command(self, arguments: List[str]) -> List[str]:
        return ["git", "-C", self.path, *arguments]


def _environment() -> dict:
    """Messages are read, so they must be English; an object is what its id says."""
    return {**os.environ, "LC_ALL": "C", "GIT_NO_REPLACE_OBJECTS": "1"}


def _missing() -> MgitError:
    return MgitError("GIT_MISSING", "the git program was not found", "install git")


def _failure(message: str) -> MgitError:
    if "not a git repository" in message or "cannot change to" in message:
        return MgitError("NOT_A_REPOSITORY", message, "give the path of a repository, or of a folder in one")
    if "dubious ownership" in message:
        return MgitError("REPOSITORY_UNSAFE", message, "git config --global --add safe.directory <path>, if you trust its owner")
    return MgitError("REVISION_UNKNOWN", message or "git failed", "see git log and git ls-tree for what there is")

