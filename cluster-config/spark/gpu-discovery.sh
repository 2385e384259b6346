#!/usr/bin/env bash
# Tells Spark which GPUs a host has: {"name": "gpu", "addresses": ["0", "1"]}. Fails, with a reason, where there is none, so that
# an executor that was promised a GPU does not start without one. GPUs that are cut into MIG slices are left out: a worker needs a
# whole one (its memory pools and its copies between GPUs are not there for slices), and a process sees one slice at most.
set -euo pipefail
fail() { echo "gpu-discovery: $1 on $(uname -n)" >&2; exit 1; }

command -v nvidia-smi > /dev/null 2>&1 || fail "nvidia-smi was not found: no NVIDIA driver"
# What nvidia-smi complains about it says on standard output.
listed=$(nvidia-smi --query-gpu=index,mig.mode.current --format=csv,noheader 2>&1) \
  || fail "nvidia-smi failed: $(tr '\n' ' ' <<< "$listed")"
addresses=""
sliced=""
while IFS=, read -r index mig; do
  [[ $index =~ ^[0-9]+$ ]] || continue
  if [[ $mig == *Enabled* ]]; then
    sliced+=" $index"
  else
    addresses+="${addresses:+, }\"$index\""
  fi
done <<< "$listed"
[ -z "$sliced" ] || echo "gpu-discovery: left out, as MIG is enabled:$sliced" >&2
[ -n "$addresses" ] || fail "nvidia-smi lists no whole GPU"
echo "{\"name\": \"gpu\", \"addresses\": [$addresses]}"
