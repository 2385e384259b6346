#!/usr/bin/env bash
# Tells Spark which GPUs a host has: {"name": "gpu", "addresses": ["0", "1"]}. Fails, with a reason, where there is none, so that
# an executor that was promised a GPU does not start without one.
set -euo pipefail
command -v nvidia-smi > /dev/null 2>&1 || { echo "nvidia-smi was not found: no NVIDIA driver on $(hostname)" >&2; exit 1; }
addresses=$(nvidia-smi --query-gpu=index --format=csv,noheader | awk '{printf "%s\"%s\"", (NR > 1 ? ", " : ""), $1}')
[ -n "$addresses" ] || { echo "nvidia-smi lists no GPU on $(hostname)" >&2; exit 1; }
echo "{\"name\": \"gpu\", \"addresses\": [$addresses]}"
