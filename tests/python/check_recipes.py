"""Recomputes recipes and holds the results against their digests. Arguments: the repository, a JSON file of methods and cases."""

import hashlib
import json
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "python"))
import mgit  # noqa: E402
from mgit.methods import METHODS, REFUSED, elementary, pairs  # noqa: E402
from mgit.recipes import evaluate_recipe  # noqa: E402


def check_methods(methods) -> None:
    """Every registered method is known here in its version, with the same parameters, or is refused by name."""
    wanted = {(method["name"], method["kernels"]): method for method in methods if method["name"] not in REFUSED}
    assert set(wanted) <= set(METHODS), f"neither recomputed nor refused: {set(wanted) - set(METHODS)}"
    for name in wanted:
        assert told(METHODS[name]) == registered(wanted[name]), name


def told(method):
    return {key: (value.default, value.each, sorted(value.choices)) for key, value in method.parameters.items()}


def registered(method):
    return {
        parameter["name"]: (parameter["default"], parameter["perModel"], sorted(parameter.get("choices", [])))
        for parameter in method["parameters"]
    }


def check(repository, case) -> bool:
    """The store reads a digest by the first recipe that gives it; each one is recomputed, or refused."""
    if case["recipe"]["method"] in REFUSED:
        expect_error("RECIPE_UNSUPPORTED", json.dumps(case["recipe"]).encode())
        return True
    data = evaluate_recipe(json.dumps(case["recipe"]).encode(), repository._store.read)
    return hashlib.sha256(data).hexdigest() == case["digest"]


def check_store(repository, cases) -> None:
    refused = {case["digest"] for case in cases if case["recipe"]["method"] in REFUSED}
    for digest in {case["digest"] for case in cases} - refused:
        repository._store.read(digest)


def check_functions(functions, rows) -> None:
    """The same bits of what merges hide behind a rounding or a comparison."""
    for name, values in functions.items():
        arguments, wanted = np.array(values).T
        found = getattr(elementary, name)(-arguments if name == "exponential" else arguments.copy())
        assert np.array_equal(found, wanted), (name, arguments[found != wanted])
    for item in rows:
        first, second = (np.array(row, np.float32).reshape(item["shape"]).astype(np.float64) for row in item["rows"])
        assert np.array_equal(pairs.row_divergence(second, first), item["divergences"]), item["shape"]


def check_errors(recipe) -> None:
    """What is not known is refused by name, and what makes no sense is told."""
    parameters = recipe["parameters"]
    values = parameters["values"]

    def given(**changes):
        return {**recipe, "parameters": {**parameters, **changes}}

    unsupported = [
        {**recipe, "method": "mean"},
        {**recipe, "kernels": 2},
        {**recipe, "dtype": "I64"},
        given(values={**values, "new": 1}),
        given(values={**values, "numerics": "other"}),
    ]
    nonsense = [
        {**recipe, "length": recipe["length"] + 1},
        {**recipe, "inputs": [{**item, "dtype": "U8"} for item in recipe["inputs"]]},
        {**recipe, "more": 1},
        given(base=None),
        given(models=[]),
        given(models=[99]),
        given(shape=[-1]),
        given(values={**values, "weight": [1.0]}),
        given(values={**values, "weight": True}),
        given(values={**values, "normalize": 1}),
    ]
    for code, recipes in (("RECIPE_UNSUPPORTED", unsupported), ("RECIPE_INVALID", nonsense)):
        for changed in recipes:
            expect_error(code, json.dumps(changed).encode())
    expect_error("RECIPE_INVALID", b"{")


def expect_error(code: str, recipe: bytes) -> None:
    try:
        evaluate_recipe(recipe, lambda digest: np.zeros(0, np.uint8))
    except mgit.MgitError as error:
        assert error.code == code, (error, recipe)
    else:
        raise AssertionError(f"no {code}: {recipe!r}")


def label(case) -> str:
    recipe = case["recipe"]
    parameters = recipe["parameters"]
    return f"{recipe['method']} {recipe['dtype']} {parameters['shape']} {len(parameters['models'])} {parameters['values']}"


def main() -> None:
    with open(sys.argv[2], encoding="utf-8") as file:
        expected = json.load(file)
    check_methods(expected["methods"])
    with np.errstate(all="ignore"):
        check_functions(expected["functions"], expected["rows"])
    check_errors(next(case["recipe"] for case in expected["cases"] if case["recipe"]["method"] == "ties" and len(case["recipe"]["parameters"]["models"]) > 1))
    with mgit.open_repository(sys.argv[1]) as repository:
        wrong = [label(case) for case in expected["cases"] if not check(repository, case)]
        if not wrong:
            check_store(repository, expected["cases"])
    print(json.dumps({"checked": len(expected["cases"]), "wrong": wrong}))


main()
