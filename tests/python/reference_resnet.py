"""Turns a CIFAR ResNet checkpoint into safetensors, and prints reference losses of the first images as JSON.

Usage: reference_resnet.py <checkpoint.th> <test_batch.bin.gz> <out.safetensors> <count>
"""

import gzip
import json
import sys

import numpy
import torch
from safetensors.torch import save_file
from torch.nn.functional import avg_pool2d, batch_norm, conv2d, cross_entropy, linear, pad, relu

PREFIX = "module."
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def main() -> None:
    checkpoint, batch, out, count = sys.argv[1:]
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, out, {"format": "pt"})
    images, labels = read_batch(batch, int(count))
    logits = forward(state, images)
    losses = cross_entropy(logits, labels, reduction="none")
    print(json.dumps({"losses": losses.tolist(), "predicted": logits.argmax(1).tolist()}))


def forward(state: dict, images: torch.Tensor) -> torch.Tensor:
    def normalized(value: torch.Tensor, name: str) -> torch.Tensor:
        read = lambda kind: state[f"{PREFIX}{name}.{kind}"]
        return batch_norm(value, read("running_mean"), read("running_var"), read("weight"), read("bias"))

    def convolved(value: torch.Tensor, name: str, stride: int) -> torch.Tensor:
        return conv2d(value, state[f"{PREFIX}{name}.weight"], stride=stride, padding=1)

    def block(value: torch.Tensor, name: str, stride: int) -> torch.Tensor:
        inner = relu(normalized(convolved(value, f"{name}.conv1", stride), f"{name}.bn1"))
        inner = normalized(convolved(inner, f"{name}.conv2", 1), f"{name}.bn2")
        if stride == 1:
            return relu(inner + value)
        added = (inner.shape[1] - value.shape[1]) // 2
        return relu(inner + pad(value[:, :, ::2, ::2], (0, 0, 0, 0, added, added)))

    value = relu(normalized(convolved(images, "conv1", 1), "bn1"))
    blocks = sorted({name.split(".")[1] + "." + name.split(".")[2] for name in state if ".conv1" in name and "layer" in name})
    for name in blocks:
        value = block(value, name, 2 if name in ("layer2.0", "layer3.0") else 1)
    pooled = avg_pool2d(value, value.shape[3]).flatten(1)
    return linear(pooled, state[f"{PREFIX}linear.weight"], state[f"{PREFIX}linear.bias"])


def read_batch(path: str, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    with gzip.open(path) as file:
        records = numpy.frombuffer(file.read(3073 * count), numpy.uint8).reshape(count, 3073)
    pixels = torch.from_numpy(records[:, 1:].astype(numpy.float32)).reshape(count, 3, 32, 32) / 255
    shape = (1, 3, 1, 1)
    images = (pixels - torch.tensor(MEAN).reshape(shape)) / torch.tensor(STD).reshape(shape)
    return images, torch.from_numpy(records[:, 0].astype(numpy.int64))


if __name__ == "__main__":
    main()
