"""
``make FOLDER``: writes base/, tuned/, adapters a/ and b/ of it, and what PEFT merges them to: expected-cat.pt, ... below the folder.
``check FOLDER METHOD``: the adapter in merged-METHOD/ does to the base what PEFT's does. ``extracted FOLDER``: that in extracted/ makes
the tuned model of the base.
"""

import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import RobertaConfig, RobertaForSequenceClassification

WEIGHTS = [0.7, 0.4]


def model(folder=None):
    torch.manual_seed(0)
    config = RobertaConfig(vocab_size=120, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4)
    return RobertaForSequenceClassification(config) if folder is None else RobertaForSequenceClassification.from_pretrained(folder)


def adapter(folder, name, seed):
    torch.manual_seed(seed)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["query", "value"], use_rslora=seed == 2)
    adapted = get_peft_model(model(f"{folder}/base"), config)
    for key, tensor in adapted.named_parameters():
        if "lora_" in key:
            torch.nn.init.normal_(tensor, std=0.1)
    adapted.save_pretrained(f"{folder}/{name}")


def merged_weights(peft, name):
    peft.set_adapter(name)
    return {key: value.detach().clone() for key, value in peft.merge_and_unload().state_dict().items()}


def make(folder):
    model().save_pretrained(f"{folder}/base")
    for name, seed in (("a", 1), ("b", 2)):
        adapter(folder, name, seed)
    for method in ("cat", "svd", "linear"):
        peft = PeftModel.from_pretrained(model(f"{folder}/base"), f"{folder}/a", adapter_name="a")
        peft.load_adapter(f"{folder}/b", adapter_name="b")
        rank = {"svd_rank": 3} if method == "svd" else {}
        peft.add_weighted_adapter(["a", "b"], WEIGHTS, "both", combination_type=method, **rank)
        torch.save(merged_weights(peft, "both"), f"{folder}/expected-{method}.pt")
    tuned = model(f"{folder}/base")
    torch.manual_seed(5)
    with torch.no_grad():
        for key, tensor in tuned.named_parameters():
            if key.endswith("query.weight"):
                tensor += 0.1 * torch.randn(64, 3) @ torch.randn(3, 64)
            if key.endswith(("out_proj.bias", "0.attention.self.query.bias", "0.output.LayerNorm.weight")):
                tensor += 1
    tuned.save_pretrained(f"{folder}/tuned")


def compare(folder, adapter_folder, expected):
    peft = PeftModel.from_pretrained(model(f"{folder}/base"), f"{folder}/{adapter_folder}")
    found = peft.merge_and_unload().state_dict()
    assert set(found) == set(expected), set(found) ^ set(expected)
    changed = 0
    base = model(f"{folder}/base").state_dict()
    for key, value in expected.items():
        torch.testing.assert_close(found[key], value, rtol=1e-4, atol=1e-5, msg=lambda text: f"{key}: {text}")
        changed += int(not torch.equal(value, base[key]))
    assert changed > 0
    print("same")


if __name__ == "__main__":
    task, where = sys.argv[1:3]
    if task == "make":
        make(where)
    elif task == "check":
        compare(where, f"merged-{sys.argv[3]}", torch.load(f"{where}/expected-{sys.argv[3]}.pt"))
    else:
        compare(where, "extracted", model(f"{where}/tuned").state_dict())
