"""Writes small files with the libraries that people use, for the corpora of the formats to begin with:
`python tests/testkit/fuzz/first-inputs.py`, then `node tests/testkit/fuzz/grow.ts`."""

import io
import pickle
import struct
import tarfile
from collections import OrderedDict
from pathlib import Path

import gguf
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper

CORPUS = Path(__file__).parent.parent.parent / "fixtures" / "fuzz"


def save(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def written(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def state():
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    return OrderedDict(a=base, b=base.t(), c=base[1:, ::2].half(), d=torch.tensor(True), e=torch.zeros(0))


def pytorch():
    save("pytorch-zip", "state", written(lambda file: torch.save(state(), file)))
    quantised = torch.quantize_per_tensor(torch.ones(4), 0.5, 0, torch.qint8)
    save("pytorch-zip", "nested", written(lambda file: torch.save({"m": [quantised, {"n": torch.ones(2)}]}, file)))
    old = {"_use_new_zipfile_serialization": False}
    save("pytorch-legacy", "state", written(lambda file: torch.save(state(), file, **old)))


def pytorch_tar():
    """As `torch.save` of 0.1.9 wrote it (`legacy_load` in torch/serialization.py reads it)."""
    data = struct.pack("<4f", 1, 2, 3, 4)
    storages = pickle.dumps(1, 2) + pickle.dumps(("0", "cpu", torch.FloatStorage), 2) + struct.pack("<q", 4) + data
    tensors = pickle.dumps(1, 2) + pickle.dumps((0, "0", torch.FloatTensor), 2)
    tensors += struct.pack("<iiqqqqq", 2, 0, 2, 2, 2, 1, 0)
    body = b"\x80\x02}X\x01\x00\x00\x00aK\x00Qs."
    members = {"sys_info": pickle.dumps({}, 2), "storages": storages, "tensors": tensors, "pickle": body}
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    save("pytorch-tar", "state", file.getvalue()[: 10 * 512])


def numpy():
    array = np.arange(6, dtype=">f4").reshape(2, 3)
    save("npy", "fortran", written(lambda file: np.save(file, np.asfortranarray(array))))
    save("npy", "scalar", written(lambda file: np.save(file, np.float64(1))))
    save("npz", "stored", written(lambda file: np.savez(file, a=array, b=np.zeros(0))))
    save("npz", "compressed", written(lambda file: np.savez_compressed(file, a=np.zeros(64), b=array)))
    objects = {"a": array, "b": [np.int64(3), b"x", "y", None, 2**70, 1.5, {1}, frozenset([2]), np.float32(1)]}
    for protocol in range(6):
        save("pickle", f"protocol-{protocol}", pickle.dumps(objects, protocol))


def onnx_model():
    tensor = helper.make_tensor
    initialisers = [
        tensor("raw", TensorProto.FLOAT, [2], struct.pack("<2f", 1, 2), raw=True),
        tensor("typed", TensorProto.FLOAT, [2], [1.0, 2.0]),
        tensor("ints", TensorProto.INT64, [2], [-1, 300]),
        tensor("small", TensorProto.INT8, [2], [-1, 3]),
        tensor("half", TensorProto.FLOAT16, [1], [1.0]),
        tensor("text", TensorProto.STRING, [1], [b"x"]),
    ]
    outside = TensorProto(name="outside", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="weights.bin")
    sub = helper.make_graph([helper.make_node("Constant", [], ["c"], value=initialisers[0])], "sub", [], [])
    node = helper.make_node("If", ["x"], ["y"], then_branch=sub, else_branch=sub)
    graph = helper.make_graph([node], "g", [], [], [*initialisers, outside])
    save("onnx", "model", helper.make_model(graph).SerializeToString())


def gguf_model():
    for endian in (gguf.GGUFEndian.LITTLE, gguf.GGUFEndian.BIG):
        path = CORPUS / "gguf" / f"model-{endian.name.lower()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = gguf.GGUFWriter(path, "llama", endianess=endian)
        writer.add_array("list", ["a", "b"])
        writer.add_float32("f", 1.0)
        writer.add_custom_alignment(32)
        writer.add_tensor("w", np.ones((2, 3), dtype=np.float32))
        writer.add_tensor("q", np.zeros((1, 18), dtype=np.uint8), raw_dtype=gguf.GGMLQuantizationType.Q4_0)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


for make in (pytorch, pytorch_tar, numpy, onnx_model, gguf_model):
    make()
