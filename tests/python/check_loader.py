"""Compares what the loader reads with what other readers say. Arguments: the repository, a JSON file of what to expect."""

import hashlib
import json
import os
import sys

import numpy as np
import safetensors.torch
import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "python"))
import mgit  # noqa: E402


def check_models(repository, files) -> int:
    """Every tensor of these revisions is, bit for bit, that of the file, and so is the file."""
    checked = 0
    for revision, path in files.items():
        model = repository.model(revision, "model.safetensors")
        expected = safetensors.torch.load_file(path)
        assert set(model) == set(expected), revision
        for name, tensor in model.items():
            found = tensor.torch()
            assert found.dtype == expected[name].dtype and found.shape == expected[name].shape, (revision, name)
            assert bits(found) == bits(expected[name]), (revision, name)
            assert tensor.numpy().shape == tuple(expected[name].shape)
            checked += 1
        folder = repository.snapshot(revision, os.path.join(os.path.dirname(path), "cache"))
        with open(os.path.join(folder, "model.safetensors"), "rb") as ours, open(path, "rb") as theirs:
            assert ours.read() == theirs.read(), revision
        assert os.path.exists(os.path.join(folder, "notes", "read.me"))
    return checked


def bits(tensor) -> bytes:
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def check_extents(repository, digests) -> None:
    for digest in digests:
        data = repository._store.read(digest)
        assert hashlib.sha256(data).hexdigest() == digest


def check_views(repository, path) -> None:
    """Strided views of a pickle give what PyTorch gives; quantised ones the integers of their storage."""
    model = repository.model("main", "views.pt")
    expected = torch.load(os.path.join(path, "views.pt"), weights_only=True)
    for name, saved in expected.items():
        tensor = saved.int_repr() if saved.is_quantized else saved
        assert torch.equal(model[name].torch(), tensor), name
        assert np.array_equal(model[name].numpy(), tensor.numpy()), name


def check_errors(repository) -> None:
    for code, action in {
        "NOT_A_MODEL": lambda: repository.model("main", "notes/read.me"),
        "REVISION_UNKNOWN": lambda: repository.model("nowhere", "model.safetensors"),
        "EXTENT_MISSING": lambda: repository._store.read("0" * 64),
    }.items():
        try:
            action()
        except mgit.MgitError as error:
            assert error.code == code, error
        else:
            raise AssertionError(f"no {code}")


def main() -> None:
    with open(sys.argv[2], encoding="utf-8") as file:
        expected = json.load(file)
    with mgit.open_repository(sys.argv[1]) as repository:
        count = check_models(repository, expected["files"])
        check_extents(repository, expected["digests"])
        check_views(repository, sys.argv[1])
        check_errors(repository)
    print(count)


main()
