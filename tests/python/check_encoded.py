"""Writes files whose tensors do not lie in them as they are, or holds an npz that mgit has exported against one. Usage: onnx <file> <step> | npz <file> <step> | pt <file> <step> | external <file> <step> | check <file> <exported>."""

import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper


def arrays(step):
    generator = np.random.default_rng(3)
    made = {f"w.{name}": generator.integers(np.iinfo(name).min, np.iinfo(name).max, (3, 50), dtype=name, endpoint=True) for name in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]}
    made["w.float16"] = generator.standard_normal((2, 3)).astype("float16")
    made["w.bool"] = generator.integers(0, 2, 9).astype(bool)
    made["w.float32"] = np.asfortranarray(generator.standard_normal((40, 30)).astype("float32"))
    made["w.int64"][0, 0] = step
    return made


def typed(name, array):
    values = array.view("uint16") if array.dtype == "float16" else array
    if array.dtype == "float16":
        proto = TensorProto(name=name, data_type=TensorProto.FLOAT16, dims=array.shape)
        proto.int32_data.extend(int(value) for value in values.flatten())
        return proto
    return helper.make_tensor(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, values.flatten().tolist())


def save_onnx(path, step, external=False):
    initializers = [typed(name, array) for name, array in arrays(int(step)).items()]
    if external:
        initializers = [numpy_helper.from_array(array, name) for name, array in arrays(int(step)).items() if name != "w.bool"]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])], initializers)
    onnx.save(helper.make_model(graph), path, save_as_external_data=external, location="weights.data", size_threshold=0)


def save_external(path, step):
    data = Path(path).with_name("weights.data")
    data.unlink(missing_ok=True)  # Or onnx appends to it.
    save_onnx(path, step, True)


def save_compressed_pt(path, step):
    tensors = {name: torch.from_numpy(array) for name, array in arrays(int(step)).items()}
    tensors["w.uint8"] = tensors["w.uint8"].numpy()  # Lies in the pickle itself.
    torch.save(tensors, path, pickle_protocol=4)
    with zipfile.ZipFile(path) as plain:
        files = {info.filename: plain.read(info) for info in plain.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)


def check(step, exported):
    found = np.load(exported)
    for name, array in arrays(int(step)).items():
        if name == "w.bool" and len(found.files) == 10:
            continue
        assert found[name].dtype == array.dtype and found[name].shape == array.shape, name
        assert found[name].tobytes() == np.ascontiguousarray(array).tobytes(), name
    print("equal", len(found.files))


{
    "onnx": save_onnx,
    "npz": lambda path, step: np.savez_compressed(path, **arrays(int(step))),
    "external": save_external,
    "pt": save_compressed_pt,
    "check": check,
}[sys.argv[1]](*sys.argv[2:])
