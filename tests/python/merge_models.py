"""Makes three small Llama models with tokenizers of their own: `make <folder>`. Checks merges of them: `union <folder>`, `stack <folder>`."""

import json
import sys
from pathlib import Path

import torch

sys.modules["torchvision"] = None  # Models of text need no images, and importing it takes long.

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

TEXTS = {
    "base": ["the cat sat on the mat", "a cat is a cat"],
    "left": ["the dog ran in the park", "a dog is a dog"],
    "right": ["the dog flew over the sea", "a bird is a bird"],
}
ADDED = {"base": [], "left": ["<tool>"], "right": []}


def tokenizer_of(name: str) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=60, special_tokens=["<unk>", "<s>", "</s>"])
    tokenizer.train_from_iterator(TEXTS[name] * 3, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
    fast.add_tokens(ADDED[name], special_tokens=True)
    return fast


def make(folder: Path) -> None:
    for seed, name in enumerate(TEXTS):
        torch.manual_seed(seed)
        tokenizer = tokenizer_of(name)
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=24,
            num_hidden_layers=3,
            num_attention_heads=2,
            num_key_value_heads=2,
            tie_word_embeddings=False,
        )
        LlamaForCausalLM(config).save_pretrained(folder / name, max_shard_size="20KB" if name == "left" else "1GB")
        tokenizer.save_pretrained(folder / name)
    pickle_shards(folder / "right")


def pickle_shards(folder: Path) -> None:
    """Keeps a model as PyTorch shards with an index; matrices lie there by columns."""
    state = {name: value.t().contiguous().t() if value.dim() == 2 else value for name, value in weights(folder).items()}
    names = sorted(state)
    index = {}
    for number, part in enumerate((names[::2], names[1::2]), start=1):
        shard = f"pytorch_model-{number:05d}-of-00002.bin"
        torch.save({name: state[name] for name in part}, folder / shard)
        index |= {name: shard for name in part}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    (folder / "model.safetensors").rename(folder / "unsharded.safetensors.kept")


def weights(path: Path) -> dict[str, torch.Tensor]:
    return AutoModelForCausalLM.from_pretrained(path).state_dict()


def union(folder: Path) -> None:
    merged = AutoTokenizer.from_pretrained(folder / "out")
    model, info = AutoModelForCausalLM.from_pretrained(folder / "out", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    vocabularies = {name: AutoTokenizer.from_pretrained(folder / name).get_vocab() for name in TEXTS}
    vocabulary = merged.get_vocab()
    assert set(vocabulary) == set().union(*vocabularies.values())
    assert all(vocabulary[token] == index for token, index in vocabularies["base"].items())
    assert model.config.vocab_size == len(vocabulary) == len(merged)
    assert "<tool>" in merged.all_special_tokens or merged.added_tokens_decoder[vocabulary["<tool>"]].special
    inputs = {name: weights(folder / name) for name in TEXTS}
    for key in ("model.embed_tokens.weight", "lm_head.weight"):
        for token, row in vocabulary.items():
            having = [inputs[name][key][ids[token]] for name, ids in vocabularies.items() if token in ids]
            in_base = vocabularies["base"].get(token)
            fallback = torch.stack(having).mean(0) if in_base is None else inputs["base"][key][in_base]
            rows = [inputs[name][key][ids[token]] if token in ids else fallback for name, ids in vocabularies.items()]
            torch.testing.assert_close(model.state_dict()[key][row], torch.stack(rows).mean(0), atol=1e-6, rtol=0)
    ids = merged("the dog sat<tool>")["input_ids"]
    assert torch.isfinite(model(torch.tensor([ids])).logits).all()
    assert merged.chat_template == "{{ messages }}"


def stack(folder: Path) -> None:
    model, info = AutoModelForCausalLM.from_pretrained(folder / "out", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    assert model.config.num_hidden_layers == 5
    inputs = {name: weights(folder / name) for name in ("base", "left")}
    for layer, (name, origin) in enumerate([("base", 0), ("base", 1), ("left", 0), ("left", 1), ("left", 2)]):
        for key, value in inputs[name].items():
            if key.startswith(f"model.layers.{origin}."):
                own = key.replace(f"layers.{origin}.", f"layers.{layer}.")
                assert torch.equal(model.state_dict()[own], value), own
    assert model.dtype == torch.float32


if __name__ == "__main__":
    {"make": make, "union": union, "stack": stack}[sys.argv[1]](Path(sys.argv[2]))
