"""Writes a checkpoint with every dtype that PyTorch saves, or holds files that mgit has exported against it. Usage: save <file> | check <file> <exported...>."""

import sys

import numpy as np
import torch
from gguf import GGUFReader
from safetensors.torch import load_file

DTYPES = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
YOUNG = ["uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"]
COMPLEX = ["complex64", "complex128"]
NUMPY = [name for name in DTYPES if name != "bfloat16"] + ["uint16", "uint32", "uint64"]
GGML = ["float64", "float32", "float16", "int64", "int32", "int16", "int8"]


def tensors(names):
    generator = torch.Generator().manual_seed(7)
    made = {}
    for name in names:
        dtype = getattr(torch, name)
        width = torch.empty(0, dtype=dtype).element_size()
        raw = torch.randint(0, 2 if name == "bool" else 256, (3, 4 * width), dtype=torch.uint8, generator=generator)
        made[f"block.{name}"] = raw.view(dtype)
    return made


def save(path, *groups):
    made = tensors(sum((globals()[group] for group in groups), []))
    made["view"] = torch.arange(12, dtype=torch.float32).reshape(3, 4).T
    if "COMPLEX" in groups:
        made["scalar"], made["empty"], made["größe/ü"] = torch.tensor(3.5), torch.zeros(0, 4), torch.ones(2)
    torch.save(made, path)


def bytes_of(tensor):
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def loaded(path):
    if path.endswith(".pt"):
        return torch.load(path, weights_only=True)
    if path.endswith(".safetensors"):
        return load_file(path)
    if path.endswith(".npz"):
        return {name: torch.from_numpy(array) for name, array in np.load(path).items()}
    return {tensor.name: torch.from_numpy(tensor.data.copy()).reshape([int(size) for size in tensor.shape[::-1]]) for tensor in GGUFReader(path).tensors}


def check(original, *exported):
    wanted = torch.load(original, weights_only=True)
    for path in exported:
        found = loaded(path)
        assert sorted(found) == sorted(wanted), (path, sorted(found))
        for name, tensor in wanted.items():
            assert found[name].shape == tensor.shape, (path, name, found[name].shape)
            assert found[name].dtype == tensor.dtype, (path, name, found[name].dtype)
            assert bytes_of(found[name]) == bytes_of(tensor), (path, name)
    print("equal", len(exported))


{"save": save, "check": check}[sys.argv[1]](*sys.argv[2:])
