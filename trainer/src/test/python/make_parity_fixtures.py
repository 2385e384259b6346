"""Makes the parity fixtures in trainer/src/test/resources/parity with transformers and torch, on a CPU.

    python make_parity_fixtures.py OUT_DIR

For one MHA (untied) and one GQA (tied) model of the Llama family, written as Hugging Face folders:
  model.safetensors, config.json    the start weights (fp32)
  parity.json                       documents, and what transformers makes of them, each document run alone:
                                    logits of the first document, losses of every target, the `token` and `example` losses,
                                    losses with rope scaling, losses of a long document, and 20 AdamW steps with clipping
  gradients-{token,example}.safetensors    d loss / d weight over the documents
  trained-{token,example}.safetensors      weights after the 20 steps
All in float32 as a user would run it; losses and gradients are also computed in float64, and their distance is printed,
so that a reader knows how much of a difference is rounding.
"""

import json
import math
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

STEPS = 20
DOCUMENT_LENGTHS = [13, 29, 7, 1, 20, 2]
OPTIMIZER = dict(peak=3e-3, warmup_steps=4, min_ratio=0.1, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)

MODELS = {
    "mha": dict(vocab_size=61, hidden_size=24, intermediate_size=48, num_hidden_layers=2, num_attention_heads=3,
                num_key_value_heads=3, head_dim=8, rope_theta=10000.0, tie_word_embeddings=False, max_grad_norm=1.0),
    "gqa": dict(vocab_size=53, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                num_key_value_heads=2, head_dim=16, rope_theta=500000.0, tie_word_embeddings=True, max_grad_norm=0.2),
}

SCALINGS = {
    "linear": {"rope_type": "linear", "factor": 4.0},
    "llama3": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 32},
    "yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "beta_fast": 8.0, "beta_slow": 1.0},
    "yarn_mscale": {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 128, "mscale": 0.8, "mscale_all_dim": 0.5,
                    "truncate": False},
    "dynamic": {"rope_type": "dynamic", "factor": 2.0, "max_position_embeddings": 16},
}


def build(settings, scaling=None):
    settings = dict(settings)
    settings.pop("max_grad_norm")
    positions = 4096
    if scaling is not None:
        scaling = dict(scaling)
        positions = scaling.pop("max_position_embeddings", positions)  # what dynamic scaling goes by
        settings["rope_scaling"] = scaling
    config = LlamaConfig(max_position_embeddings=positions, rms_norm_eps=1e-5, hidden_act="silu", bos_token_id=1, eos_token_id=2,
                         attn_implementation="eager", **settings)
    model = LlamaForCausalLM(config).float()
    generator = torch.Generator().manual_seed(20261123)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 2:
                weight.copy_(torch.randn(weight.shape, generator=generator) * (0.35 / math.sqrt(weight.shape[1]) * 3))
            else:
                weight.copy_(1 + 0.2 * torch.randn(weight.shape, generator=generator))
    return model


def documents(seed, lengths, vocabulary):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(3, vocabulary, (length,), generator=generator).tolist() for length in lengths]


def token_losses(model, ids):
    """Negative log likelihood of every target of one document, as a tensor (empty for one token)."""
    logits = model(input_ids=torch.tensor([ids])).logits[0]
    return torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(ids[1:], dtype=torch.long), reduction="none"), logits


def loss(model, docs, normalization):
    per_document = [token_losses(model, ids)[0] for ids in docs if len(ids) > 1]
    if normalization == "token":
        return torch.cat(per_document).mean()
    return torch.stack([losses.mean() for losses in per_document]).mean()


def learning_rate(step):
    o = OPTIMIZER
    if step <= o["warmup_steps"]:
        return o["peak"] * step / o["warmup_steps"]
    progress = (step - o["warmup_steps"]) / (STEPS - o["warmup_steps"])
    return o["peak"] * (o["min_ratio"] + (1 - o["min_ratio"]) * 0.5 * (1 + math.cos(math.pi * progress)))


def train(settings, normalization):
    model = build(settings)
    decayed, rest = [], []
    for name, weight in model.named_parameters():
        linear = weight.dim() == 2 and "embed_tokens" not in name
        (decayed if linear else rest).append(weight)
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": OPTIMIZER["weight_decay"]}, {"params": rest, "weight_decay": 0.0}],
        lr=0.0, betas=OPTIMIZER["betas"], eps=OPTIMIZER["eps"])
    log = []
    for step in range(1, STEPS + 1):
        docs = documents(1000 + step, [5 + step, 17, 3, 30 - step], settings["vocab_size"])
        optimizer.zero_grad()
        value = loss(model, docs, normalization)
        value.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), settings["max_grad_norm"])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step)
        optimizer.step()
        log.append({"documents": docs, "loss": value.item(), "grad_norm": float(norm), "learning_rate": learning_rate(step)})
    return model, log


def weights(model):
    return {name: value.detach().contiguous().clone() for name, value in model.named_parameters()}


def main(out):
    torch.manual_seed(0)
    torch.set_num_threads(4)
    for name, settings in MODELS.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        model = build(settings)
        model.config.dtype = "float32"
        save_file(weights(model), folder / "model.safetensors", metadata={"format": "pt"})
        config = model.config.to_dict()
        keep = ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
                "num_key_value_heads", "head_dim", "max_position_embeddings", "rms_norm_eps", "tie_word_embeddings",
                "hidden_act", "bos_token_id", "eos_token_id", "attention_bias", "mlp_bias"]
        plain = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "rope_theta": settings["rope_theta"],
                 **{key: config[key] for key in keep}}
        (folder / "config.json").write_text(json.dumps(plain, indent=1))

        docs = documents(7, DOCUMENT_LENGTHS, settings["vocab_size"])
        report = {"made_with": {"transformers": transformers.__version__, "torch": torch.__version__},
                  "documents": docs, "optimizer": {**OPTIMIZER, "betas": list(OPTIMIZER["betas"]), "steps": STEPS,
                                                   "max_grad_norm": settings["max_grad_norm"]}}
        with torch.no_grad():
            report["logits"] = token_losses(model, docs[0])[1].tolist()
            report["losses"] = [token_losses(model, ids)[0].tolist() for ids in docs]
            report["rope_scaling"] = {}
            for scaling_name, scaling in SCALINGS.items():
                # A model for each document: dynamic scaling remembers the longest that it has seen.
                report["rope_scaling"][scaling_name] = {
                    "config": scaling,
                    "losses": [token_losses(build(settings, scaling), ids)[0].tolist() for ids in docs]}
            long_document = documents(11, [3000], settings["vocab_size"])[0]
            report["long"] = {"seed_document": long_document, "losses_from_2900": token_losses(model, long_document)[0][2900:].tolist()}
        exact = build(settings).double()
        for normalization in ["token", "example"]:
            for m in (model, exact):
                m.zero_grad()
                value = loss(m, docs, normalization)
                value.backward()
                if m is model:
                    report[f"loss_{normalization}"] = value.item()
                else:
                    report[f"loss_{normalization}_float64"] = value.item()
            gradients = {n: p.grad.detach().clone() for n, p in model.named_parameters()}
            worst = max(((p.grad.double() - q.grad).norm() / q.grad.norm()).item()
                        for p, q in zip(model.parameters(), exact.parameters()))
            print(name, normalization, "loss fp32 - fp64", report[f"loss_{normalization}"] - report[f"loss_{normalization}_float64"],
                  "worst relative gradient error of fp32", worst)
            save_file(gradients, folder / f"gradients-{normalization}.safetensors")
            trained, log = train(settings, normalization)
            report[f"steps_{normalization}"] = log
            save_file(weights(trained), folder / f"trained-{normalization}.safetensors")
            print(name, normalization, "losses", [round(entry["loss"], 4) for entry in log],
                  "norms", [round(entry["grad_norm"], 3) for entry in log])
        (folder / "parity.json").write_text(json.dumps(report))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
