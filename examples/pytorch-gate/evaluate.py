"""Evaluates one classifier for a gate: safetensors in, metrics and one line per item out.

On CUDA where there is a device, else on the CPU; metrics.json says which. What a gate reads is described in docs/gates.md.
"""

import argparse
import gzip
import json
import struct
from pathlib import Path

import torch
from safetensors.torch import load_file

BATCH = 500  # The same for every model: results may differ in the last bits between batch sizes.
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}


def main():
    arguments = parse_arguments()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(arguments.seed)
    torch.use_deterministic_algorithms(device.type == "cpu")
    model = load_model(arguments.model, device)
    images, labels = load_images(arguments.data)
    correct, losses = evaluate(model, images, labels, device)
    write_results(arguments.out, correct, losses, device)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder with model.safetensors and config.json")
    parser.add_argument("--data", type=Path, required=True, help="folder with IDX files (MNIST), gzip or not")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def load_model(folder, device):
    """Returns a function from images [N, C, H, W] in 0..255 to logits [N, classes]."""
    config = json.loads((folder / "config.json").read_text())
    weights = load_file(folder / "model.safetensors", device=str(device))
    activation = ACTIVATIONS[config.get("activation", "relu")]
    pattern = config.get("prefix", "") + config.get("parameters", "fc{index}")
    names = [pattern.replace("{index}", str(index + 1)) for index in range(len(config["layers"]) - 1)]
    prepare = config.get("input", {})
    scale = prepare.get("scale", 255)
    mean, std = (torch.tensor(prepare.get(key, [value]), device=device).view(1, -1, 1, 1) for key, value in (("mean", 0.0), ("std", 1.0)))

    def logits(images):
        values = ((images.float() / scale - mean) / std).flatten(1)
        for layer, name in enumerate(names):
            values = activation(values) if layer else values
            values = torch.nn.functional.linear(values, weights[f"{name}.weight"].float(), weights[f"{name}.bias"].float())
        return values

    return logits


def load_images(folder):
    """The test split: images [N, 1, H, W] in 0..255 and labels [N]."""
    images = read_idx(find(folder, "images")).unsqueeze(1)
    return images, read_idx(find(folder, "labels")).long()


def find(folder, kind):
    found = sorted(path for path in folder.iterdir() if kind in path.name and ("t10k" in path.name or "test" in path.name))
    if len(found) != 1:
        raise SystemExit(f"{folder} holds {len(found)} test files of {kind}, expected one")
    return found[0]


def read_idx(path):
    """Reads an IDX file of unsigned bytes: magic number, big-endian dimensions, data."""
    data = path.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return torch.frombuffer(bytearray(data[4 + 4 * rank :]), dtype=torch.uint8).reshape(shape)


@torch.inference_mode()
def evaluate(model, images, labels, device):
    correct, losses = [], []
    for start in range(0, len(images), BATCH):
        logits = model(images[start : start + BATCH].to(device))
        target = labels[start : start + BATCH].to(device)
        correct += (logits.argmax(1) == target).tolist()
        losses += torch.nn.functional.cross_entropy(logits, target, reduction="none").tolist()
    return correct, losses


def write_results(out, correct, losses, device):
    with open(out / "items.jsonl", "w") as items:
        for index, (is_correct, loss) in enumerate(zip(correct, losses)):
            items.write(json.dumps({"id": f"test/{index}", "accuracy": is_correct, "loss": loss}) + "\n")
    metrics = {
        "accuracy": sum(correct) / len(correct),
        "loss": sum(losses) / len(losses),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "torch": torch.__version__,
    }
    (out / "metrics.json").write_text(json.dumps(metrics))


if __name__ == "__main__":
    main()
