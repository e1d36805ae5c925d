"""Writes models of random weights, built from configs, into a folder as their libraries save them."""

import os
import sys

import timm
import torch
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM


def main(folder: str) -> None:
    torch.manual_seed(1)
    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "vocab_size": 99}
    BertModel(BertConfig(**small)).save_pretrained(os.path.join(folder, "bert"))
    llama = LlamaForCausalLM(LlamaConfig(**small)).to(torch.bfloat16)
    llama.save_pretrained(os.path.join(folder, "llama"), max_shard_size="20KB")
    gpt2 = GPT2LMHeadModel(GPT2Config(n_embd=32, n_layer=2, n_head=2, vocab_size=99))
    gpt2.config.save_pretrained(os.path.join(folder, "gpt2"))
    torch.save(gpt2.state_dict(), os.path.join(folder, "gpt2", "pytorch_model.bin"))
    network = timm.create_model("test_resnet", num_classes=3)
    timm.models.save_for_hf(network, os.path.join(folder, "timm"), safe_serialization=True)


main(sys.argv[1])
