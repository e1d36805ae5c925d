"""Writes a small base model, an adapter on it, and what PEFT merges them to: base/, adapter/, merged/ below the folder given."""

import sys

import torch
from peft import IA3Config, LoraConfig, get_peft_model
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    RobertaConfig,
    RobertaForSequenceClassification,
)


def roberta():
    config = RobertaConfig(
        vocab_size=200,
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=40,
    )
    return RobertaForSequenceClassification(config)


def gpt2():
    return GPT2LMHeadModel(GPT2Config(vocab_size=200, n_positions=32, n_embd=256, n_layer=2, n_head=4))


CASES = {
    "lora": (
        roberta,
        lambda: LoraConfig(
            task_type="SEQ_CLS",
            r=8,
            lora_alpha=16,
            target_modules=["query", "value", "intermediate.dense"],
            rank_pattern={"layer.1.attention.self.value": 4},
            alpha_pattern={"layer.0.attention.self.query": 4},
            bias="lora_only",
        ),
    ),
    "rslora-embedding": (
        roberta,
        lambda: LoraConfig(r=8, lora_alpha=8, target_modules=["query", "word_embeddings"], use_rslora=True),
    ),
    "conv1d": (
        gpt2,
        lambda: LoraConfig(r=8, lora_alpha=16, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True),
    ),
    "ia3": (
        roberta,
        lambda: IA3Config(
            target_modules=["key", "value", "output.dense"],
            feedforward_modules=["output.dense"],
        ),
    ),
}


def main(case: str, folder: str) -> None:
    torch.manual_seed(7)
    make_base, make_config = CASES[case]
    model = make_base()
    model.save_pretrained(f"{folder}/base")
    adapted = get_peft_model(model, make_config())
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if parameter.requires_grad:
                spread = 0.3 if "ia3" in name else 0.05
                parameter.add_(spread * torch.randn_like(parameter))
    adapted.save_pretrained(f"{folder}/adapter")
    adapted.merge_and_unload().save_pretrained(f"{folder}/merged")


main(sys.argv[1], sys.argv[2])
