"""Loads what a run leaves with transformers: the model/ of every checkpoint (shards of several ranks and their index) and final/.

    python load_checkpoint.py OUTPUT_DIR

Each must have every tensor and no other, hold the bits that its files hold, and give finite logits of every one of its tokens; the
newest checkpoint must give the logits of final/, bit for bit. Prints a line a folder; exit code 1 with what differs.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM


def stored(folder):
    """Tensors as the files have them, by way of the index where there is one."""
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return load_file(folder / "model.safetensors"), 1
    of = json.loads(index.read_text())["weight_map"]
    shards = {name: load_file(folder / name) for name in set(of.values())}
    listed = sorted(of.items())
    held = sorted((tensor, name) for name, shard in shards.items() for tensor in shard)
    if held != listed:
        sys.exit(f"{index} lists other tensors than its {len(shards)} shards hold")
    return {tensor: shards[name][tensor] for tensor, name in of.items()}, len(shards)


def check(folder):
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    wrong = {what: list(names) for what, names in info.items() if names}
    if wrong:
        sys.exit(f"{folder}: {wrong}")
    tensors, shards = stored(folder)
    loaded = model.state_dict()
    for name, tensor in tensors.items():
        if not torch.equal(loaded[name], tensor):
            sys.exit(f"{folder}: {name} is not what its file holds")
    ids = torch.arange(min(model.config.vocab_size, model.config.max_position_embeddings)).unsqueeze(0)
    with torch.no_grad():
        logits = model(ids).logits
    if not torch.isfinite(logits).all():
        sys.exit(f"{folder}: logits that are not finite")
    print(f"{folder}: {len(tensors)} tensors in {shards} files, rope_theta {json.loads((folder / 'config.json').read_text())['rope_theta']:g}, "
          f"logits up to {logits.abs().max():.4f}")
    return logits, shards


def main(output):
    checkpoints = sorted((output / "checkpoints").glob("step-*[0-9]"))
    if not checkpoints:
        sys.exit(f"no checkpoints in {output}")
    results = [check(folder / "model") for folder in checkpoints]
    final, _ = check(output / "final")
    if not torch.equal(results[-1][0], final):
        sys.exit("the newest checkpoint gives other logits than final/")
    if all(shards == 1 for _, shards in results):
        sys.exit("no checkpoint is in shards: train on a mesh of several ranks")
    print("All load; the newest checkpoint gives the logits of final/, bit for bit.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
