"""Fine-tunes a model in safetensors form with PyTorch: a training command for `mgit train`.

The model is the fully connected network that its config.json describes (architecture "mlp"; see docs/training.md), so that the same
file can be trained here, on a GPU where there is one, and by mgit itself. Everything random follows from --seed. Take it as a start
for your own script: mgit only asks that a model goes in, a model comes out, and the status is 0.
"""

import argparse
import gzip
import json
import pathlib
import sys

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import save_file

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--in", dest="model", required=True, help="the model to begin with (safetensors)")
    parser.add_argument("--out", required=True, help="where the trained model is written")
    parser.add_argument("--config", required=True, help="the model's config.json")
    parser.add_argument("--data", required=True, type=pathlib.Path, help="a folder with IDX files, gzip or not")
    parser.add_argument("--metrics", help="where metrics are written (JSON)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--device", help="default: cuda where there is one, else cpu")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    device = torch.device(arguments.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    print(f"training on {device}", flush=True)
    torch.manual_seed(arguments.seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    config = json.loads(pathlib.Path(arguments.config).read_text())
    tensors, metadata = read_model(arguments.model)
    weights = {name: tensors[name].to(device, torch.float32).requires_grad_() for name in parameter_names(config)}
    images, labels = read_images(arguments.data, config, device)
    losses = train(weights, config, (images, labels), arguments)
    trained = {name: weights[name].detach().cpu().to(tensor.dtype) if name in weights else tensor for name, tensor in tensors.items()}
    save_file(trained, arguments.out, metadata)
    if arguments.metrics:
        last = losses[-20:]
        pathlib.Path(arguments.metrics).write_text(json.dumps({"initial_loss": losses[0], "loss": sum(last) / len(last)}))


def train(weights: dict, config: dict, data: tuple, arguments: argparse.Namespace) -> list[float]:
    """Stochastic gradient descent; returns the loss of every step."""
    images, labels = data
    optimizer = torch.optim.SGD(list(weights.values()), lr=arguments.learning_rate, momentum=arguments.momentum)
    generator = torch.Generator().manual_seed(arguments.seed)
    losses = []
    for step in range(arguments.steps):
        rows = torch.randint(len(labels), (arguments.batch_size,), generator=generator).to(images.device)
        loss = torch.nn.functional.cross_entropy(forward(weights, config, images[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if (step + 1) % 50 == 0 or step + 1 == arguments.steps:
            print(f"step {step + 1}/{arguments.steps} loss {loss.item():.4f}", flush=True)
    return losses


def forward(weights: dict, config: dict, images: torch.Tensor) -> torch.Tensor:
    """Images [N, pixels], prepared, to logits [N, classes]."""
    activation = ACTIVATIONS[config.get("activation", "relu")]
    value = images
    for index, layer in enumerate(layer_names(config)):
        value = torch.nn.functional.linear(activation(value) if index else value, weights[f"{layer}.weight"], weights[f"{layer}.bias"])
    return value


def layer_names(config: dict) -> list[str]:
    names = config.get("parameters", "fc{index}")
    if isinstance(names, str):
        names = [names.replace("{index}", str(index)) for index in range(1, len(config["layers"]))]
    return [config.get("prefix", "") + name for name in names]


def parameter_names(config: dict) -> list[str]:
    return [f"{layer}.{kind}" for layer in layer_names(config) for kind in ("weight", "bias")]


def read_model(path: str) -> tuple[dict, dict]:
    with safe_open(path, framework="pt") as model:
        return {name: model.get_tensor(name) for name in model.keys()}, model.metadata() or {}


def read_images(folder: pathlib.Path, config: dict, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """The training images of a folder, prepared as the config says, and their labels."""
    pixels, labels = (read_idx(find_file(folder, kind)) for kind in ("images", "labels"))
    preparation = config.get("input", {})
    images = torch.from_numpy(pixels.astype(numpy.float32)).reshape(len(labels), -1) / preparation.get("scale", 255)
    images = (images - preparation.get("mean", [0])[0]) / preparation.get("std", [1])[0]
    return images.to(device), torch.from_numpy(labels.astype(numpy.int64)).to(device)


def find_file(folder: pathlib.Path, kind: str) -> pathlib.Path:
    found = sorted(folder.glob(f"train*{kind}*"))
    if not found:
        sys.exit(f"{folder} has no training {kind}")
    return found[0]


def read_idx(path: pathlib.Path) -> numpy.ndarray:
    """An IDX file of unsigned bytes."""
    content = path.read_bytes()
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    rank = content[3]
    shape = numpy.frombuffer(content, ">u4", rank, 4)
    return numpy.frombuffer(content, numpy.uint8, offset=4 + 4 * rank).reshape(shape)


if __name__ == "__main__":
    main()
