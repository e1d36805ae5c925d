"""
Lets torchvision be imported where its compiled operators cannot be loaded: of a wheel built for CUDA beside a PyTorch for CPUs. timm needs it
for its transforms, and transformers and peft import it where it is installed; none of them uses the operators here.

Python imports this module at its start, since the tests put its folder on ``PYTHONPATH``.
"""

import glob
import importlib.abc
import importlib.util
import os
import sys


class TorchvisionFinder(importlib.abc.MetaPathFinder):
    """Finds nothing itself; sees to it that the operators which torchvision describes at its import exist."""

    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            define_missing_operators()
        return None


def define_missing_operators() -> None:
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        return
    import torch

    try:
        for library in glob.glob(os.path.join(os.path.dirname(found.origin), "_C*.so")):
            torch.ops.load_library(library)
    except OSError:
        for operator in ("nms", "qnms"):
            torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


sys.meta_path.insert(0, TorchvisionFinder())
