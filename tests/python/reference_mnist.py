"""The convolutional MNIST model of Burn's import examples. Usage: zeros <like> <file> | score <images> <labels> <file...>: how many of the first 2,000 images each classifies rightly."""

import gzip
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file


def load(path):
    return load_file(path) if path.endswith(".safetensors") else torch.load(path, map_location="cpu", weights_only=True)


def read(path, skip):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), np.uint8, offset=skip).copy()


def norm(x, state, name):
    parts = [state[f"{name}.{part}"] for part in ["running_mean", "running_var", "weight", "bias"]]
    return F.batch_norm(x, *parts)


def correct(images, labels, state):
    x = images
    for name in ["conv1", "conv2", "conv3"]:
        x = F.relu(F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"]))
    x = norm(x, state, "norm1").flatten(1)
    x = F.relu(F.linear(x, state["fc1.weight"], state["fc1.bias"]))
    x = norm(F.linear(x, state["fc2.weight"], state["fc2.bias"]), state, "norm2")
    return int((x.argmax(1) == labels).sum())


def score(image_file, label_file, *models):
    images = torch.from_numpy(read(image_file, 16).reshape(-1, 1, 28, 28)[:2000]).float() / 255
    images = (images - 0.1307) / 0.3081
    labels = torch.from_numpy(read(label_file, 8)[:2000])
    print(json.dumps([correct(images, labels, load(model)) for model in models]))


def zeros(like, path):
    torch.save({name: torch.zeros_like(tensor) for name, tensor in load(like).items()}, path)


{"zeros": zeros, "score": score}[sys.argv[1]](*sys.argv[2:])
