"""Prints, as JSON, the names of tensors in files that transformers writes: small models of random weights."""

import json
import sys
import tempfile
from pathlib import Path

from safetensors import safe_open
from transformers import BertConfig, BertForSequenceClassification, BertModel, GPT2Config, GPT2LMHeadModel, GPT2Model
from transformers import ResNetConfig, ResNetForImageClassification, ViTConfig, ViTForImageClassification

BERT = BertConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, vocab_size=50)
GPT2 = GPT2Config(n_embd=16, n_layer=2, n_head=2, vocab_size=50)
RESNET = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[2, 1, 1, 1], layer_type="basic", num_labels=3)
VIT = ViTConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=32, patch_size=16, num_labels=3)


def names(model):
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        with safe_open(Path(folder) / "model.safetensors", "pt") as file:
            return sorted(file.keys())


json.dump(
    {
        "bert": names(BertModel(BERT, add_pooling_layer=True)),
        "bertWithHead": names(BertForSequenceClassification(BERT)),
        "gpt2": names(GPT2Model(GPT2)),
        "gpt2WithHead": names(GPT2LMHeadModel(GPT2)),
        "resnet": names(ResNetForImageClassification(RESNET)),
        "vit": names(ViTForImageClassification(VIT)),
    },
    sys.stdout,
)
