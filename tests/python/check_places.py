"""Opens one repository in every way there is. Arguments: a JSON file of what to expect."""

import json
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "python"))
import mgit  # noqa: E402


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        expected = json.load(file)
    for place in expected["places"]:
        check_place(place, expected["file"])
    check_arrays(expected["places"][0], expected["arrays"])
    for place, code, hint in expected["refused"]:
        check_refused(place, code, hint)
    print("ok")


def check_place(place: str, path: str) -> None:
    with open(path, "rb") as file:
        content = file.read()
    with mgit.open_repository(place) as repository:
        assert repository.models("HEAD") == ["big.npy", "columns.npy", "m.safetensors"], place
        assert repository.files("HEAD")[0] == ".gitattributes"
        model = repository.model("HEAD", "m.safetensors")
        first = model.manifest.extents[0]
        assert repository.snapshot("HEAD", os.path.join(os.path.dirname(path), "cache"))
        for tensor in model.values():
            data = tensor.numpy()
            assert data.flags.c_contiguous and data.flags.writeable
            assert data.tobytes() in content, (place, tensor)
        assert content.startswith(repository._store.read(first.digest).tobytes())


def check_arrays(place: str, arrays) -> None:
    """Big-endian numbers and columns come as NumPy itself reads them, in the machine's order."""
    with mgit.open_repository(place) as repository:
        for name in arrays:
            expected = np.load(os.path.join(place, name))
            (tensor,) = repository.model("HEAD", name).values()
            found = tensor.numpy()
            assert found.dtype == expected.dtype.newbyteorder("=") and np.array_equal(found, expected), name
            assert np.array_equal(tensor.torch().numpy(), expected), name


def check_refused(place: str, code: str, hint: str) -> None:
    try:
        with mgit.open_repository(place) as repository:
            repository.model("HEAD", "m.safetensors")["fc1.weight"].numpy()
    except mgit.MgitError as error:
        assert error.code == code and hint in str(error), (place, str(error))
    else:
        raise AssertionError(f"{place}: no {code}")


main()
