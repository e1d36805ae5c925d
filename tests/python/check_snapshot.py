"""
Loads snapshots with the libraries that the models are for, and compares with the files that were committed. Arguments: the repository,
a folder of copies of the committed files, a folder for the cache.
"""

import glob
import os
import stat
import sys

import safetensors
import timm
import torch
from transformers import AutoModel, AutoModelForCausalLM

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "python"))
import mgit  # noqa: E402


def main(repository: str, copies: str, cache: str) -> None:
    folder = mgit.snapshot(repository, "main", cache)
    check_files(folder, copies)
    check_transformers(folder, copies)
    check_timm(folder, copies)
    check_without_files(repository, copies)
    check_reuse(repository, folder, cache)
    check_damage(repository, folder, cache)
    check_refusals(repository, cache)
    print("ok")


def files_below(folder: str):
    found = [os.path.relpath(path, folder) for path in glob.glob(os.path.join(folder, "**"), recursive=True)]
    return sorted(path for path in found if os.path.isfile(os.path.join(folder, path)))


def read(*parts: str) -> bytes:
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


def check_files(folder: str, copies: str) -> None:
    for path in files_below(copies):
        assert read(folder, path) == read(copies, path), path
    assert os.access(os.path.join(folder, "run.sh"), os.X_OK)
    assert read(folder, "latest") == read(folder, "bert", "config.json") and os.path.islink(os.path.join(folder, "latest"))
    assert not os.access(os.path.join(folder, "bert", "model.safetensors"), os.W_OK) or os.geteuid() == 0


def same(left, right) -> None:
    assert set(left) == set(right)
    for name, tensor in left.items():
        assert tensor.dtype == right[name].dtype and torch.equal(tensor, right[name]), name


def check_transformers(folder: str, copies: str) -> None:
    tokens = torch.arange(7).reshape(1, 7)
    for name, auto in (("bert", AutoModel), ("llama", AutoModelForCausalLM), ("gpt2", AutoModelForCausalLM)):
        ours = auto.from_pretrained(os.path.join(folder, name), local_files_only=True).eval()
        theirs = auto.from_pretrained(os.path.join(copies, name), local_files_only=True).eval()
        same(ours.state_dict(), theirs.state_dict())
        with torch.no_grad():
            assert torch.equal(ours(tokens)[0], theirs(tokens)[0]), name


def check_timm(folder: str, copies: str) -> None:
    ours, theirs = (
        timm.create_model(f"local-dir:{os.path.join(root, 'timm')}", pretrained=True).eval() for root in (folder, copies)
    )
    same(ours.state_dict(), theirs.state_dict())
    with torch.no_grad():
        image = torch.linspace(-1, 1, 3 * 160 * 160).reshape(1, 3, 160, 160)
        assert torch.equal(ours(image), theirs(image))


def check_without_files(repository: str, copies: str) -> None:
    """The same tensors, lazily, with no file at all."""
    with mgit.open_repository(repository) as opened:
        model = opened.model("main", "timm/model.safetensors")
        with safetensors.safe_open(os.path.join(copies, "timm", "model.safetensors"), "pt") as theirs:
            same(model.state_dict(), {name: theirs.get_tensor(name) for name in theirs.keys()})
        network = timm.create_model("test_resnet", num_classes=3)
        network.load_state_dict(model.state_dict())
        state = opened.model("main", "gpt2/pytorch_model.bin").state_dict()
        same(state, torch.load(os.path.join(copies, "gpt2", "pytorch_model.bin"), weights_only=True))


def check_reuse(repository: str, folder: str, cache: str) -> None:
    """One folder for each tree, one file for each content."""
    assert mgit.snapshot(repository, "HEAD", cache) == folder
    before = mgit.snapshot(repository, "main~1", cache)
    assert before != folder
    path = os.path.join("llama", "config.json")
    assert os.path.samefile(os.path.join(before, path), os.path.join(folder, path))
    part = mgit.snapshot(repository, "main", cache, folder="timm")
    assert files_below(part) == ["config.json", "model.safetensors"]
    assert os.path.samefile(os.path.join(part, "model.safetensors"), os.path.join(folder, "timm", "model.safetensors"))


def check_damage(repository: str, folder: str, cache: str) -> None:
    """What somebody has written to is found by ``verify`` and made anew."""
    for path in (os.path.join("bert", "model.safetensors"), os.path.join("bert", "config.json")):
        whole = read(folder, path)
        os.chmod(os.path.join(folder, path), stat.S_IRUSR | stat.S_IWUSR)
        with open(os.path.join(folder, path), "r+b") as file:
            file.seek(len(whole) - 1)
            file.write(b"?")
        assert mgit.snapshot(repository, "main", cache) == folder
        assert mgit.snapshot(repository, "main", cache, verify=True) == folder
        assert read(folder, path) == whole


def check_refusals(repository: str, cache: str) -> None:
    """What cannot be had, or leads out of the folder, leaves nothing under its name."""
    with mgit.open_repository(repository) as opened:
        for revision, code in (("outside", "PATH_UNSAFE"), ("absent", "EXTENT_MISSING"), ("nowhere", "REVISION_UNKNOWN")):
            try:
                opened.snapshot(revision, cache)
            except mgit.MgitError as error:
                assert error.code == code, error
            else:
                raise AssertionError(f"no {code}")
    assert glob.glob(os.path.join(cache, "*", ".unfinished-*")) == []
    assert len(os.listdir(os.path.join(cache, "trees"))) == 3


main(*sys.argv[1:])
