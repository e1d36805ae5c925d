"""Models of a commit, tensor by tensor."""

from __future__ import annotations

from typing import BinaryIO, Iterator, Mapping, Tuple

import numpy as np

from .errors import MgitError
from .manifest import Manifest, TensorView
from .store import Store

_NUMPY = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "u2",
    "I16": "i2",
    "U32": "u4",
    "I32": "i4",
    "U64": "u8",
    "I64": "i8",
    "F16": "f2",
    "F32": "f4",
    "F64": "f8",
    "C64": "c8",
    "C128": "c16",
}
_TORCH = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
    "C128": "complex128",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
}
_WIDTH = {name: np.dtype(code).itemsize for name, code in _NUMPY.items()}
_WIDTH.update({name: 1 for name in _TORCH if name.startswith("F8")}, BF16=2)


class Tensor:
    """One tensor; its bytes are read and verified when they are asked for."""

    def __init__(self, store: Store, manifest: Manifest, view: TensorView) -> None:
        self._store = store
        self._manifest = manifest
        self._view = view

    @property
    def name(self) -> str:
        return self._view.name

    @property
    def dtype(self) -> str:
        """The name that safetensors gives it, such as ``BF16``."""
        return self._view.dtype

    @property
    def shape(self) -> Tuple[int, ...]:
        return self._view.shape

    def numpy(self) -> np.ndarray:
        """A NumPy array of the shape. BF16 and 8-bit floats, which NumPy lacks, come as unsigned integers of their bits."""
        dtype = np.dtype(_NUMPY.get(self.dtype) or f"u{self._width()}")
        return self._array(dtype)

    def torch(self):
        """A PyTorch tensor of the shape. Errors: ``DTYPE_UNKNOWN`` for dtypes that PyTorch lacks."""
        import torch

        dtype = getattr(torch, _TORCH.get(self.dtype, ""), None)
        if dtype is None:
            raise MgitError("DTYPE_UNKNOWN", f"PyTorch has no {self.dtype}", "read bytes()")
        width = self._width()
        if self.dtype in ("C64", "C128") or width == 1:
            bits = self.numpy()
            return torch.from_numpy(bits if self.dtype.startswith("C") else bits.view(np.uint8)).view(dtype)
        bits = self._array(np.dtype(f"i{width}"))
        return torch.from_numpy(bits).view(dtype)

    def _array(self, dtype: np.dtype) -> np.ndarray:
        """A contiguous array in the machine's byte order."""
        view = self._view
        if 0 in view.shape:
            return np.empty(view.shape, dtype)
        strides = view.strides if view.strides is not None else _dense(view.shape)
        length = (sum((size - 1) * step for size, step in zip(view.shape, strides)) + 1) * dtype.itemsize
        extent = self._manifest.extent_of(view, length)
        data = self._store.read(extent.digest)
        start = view.offset - extent.offset
        stored = dtype.newbyteorder("<" if view.byte_order == "little" else ">")
        elements = data[start : start + length].view(stored)
        steps = tuple(step * dtype.itemsize for step in strides)
        shaped = np.lib.stride_tricks.as_strided(elements, view.shape, steps)
        return np.require(shaped, dtype, ["C", "A", "W"])  # A copy only where the bytes do not lie so already.

    def _width(self) -> int:
        if self.dtype not in _WIDTH:
            message = f"elements of {self.dtype} are no machine numbers"
            raise MgitError("DTYPE_UNKNOWN", message, "read bytes()")
        return _WIDTH[self.dtype]

    def bytes(self) -> bytes:
        """The bytes from the tensor's begin to the end of its extent, for dtypes that are no machine numbers."""
        extent = self._manifest.extent_of(self._view, 1)
        return self._store.read(extent.digest)[self._view.offset - extent.offset :].tobytes()

    def __repr__(self) -> str:
        return f"<mgit tensor {self.name!r} {self.dtype} {list(self.shape)}>"


def _dense(shape: Tuple[int, ...]) -> Tuple[int, ...]:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


class Model(Mapping[str, Tensor]):
    """A model file of a commit: its tensors by name."""

    def __init__(self, store: Store, manifest: Manifest) -> None:
        self._store = store
        self.manifest = manifest
        self._views = {view.name: view for view in manifest.tensors}

    def __getitem__(self, name: str) -> Tensor:
        return Tensor(self._store, self.manifest, self._views[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def state_dict(self) -> dict:
        """All tensors as PyTorch tensors, for ``load_state_dict``."""
        return {name: tensor.torch() for name, tensor in self.items()}

    def write(self, file: BinaryIO) -> None:
        """Writes the file itself, byte for byte, one extent after the other."""
        for extent in self.manifest.extents:
            file.write(memoryview(self._store.read(extent.digest)))
