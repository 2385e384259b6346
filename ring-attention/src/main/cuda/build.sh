#!/usr/bin/env bash
# Compiles every .cu of this folder for the GPUs that runs use, into the resources that the JVM loads:
#   NAME.fatbin   machine code for sm_80 and sm_90a, and PTX for what comes after; a file with a line "// targets: sm_90a" near its
#                 top is compiled for those targets alone
#   kernels.tsv   what each kernel takes of a multiprocessor, per target
#   sources.sha256 what they were compiled from; a test compares it with the sources
# Needs nvcc 12 or 13 and no GPU. A kernel that spills registers fails the build.
set -euo pipefail
cd "$(dirname "$0")"
out=${1:-../resources/dev/annulus/device/cuda}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

targets_of() {
  local given
  given=$(sed -n '1,10s|^// targets: *||p' "$1")
  printf '%s\n' "${given:-sm_80 sm_90a ptx}"
}

compile() {
  local source=$1 name flags=() target
  name=${source%.cu}
  for target in $(targets_of "$source"); do
    case $target in
      ptx) flags+=(-gencode arch=compute_80,code=compute_80) ;;
      sm_*) flags+=(-gencode "arch=compute_${target#sm_},code=$target") ;;
      *) echo "$source: unknown target $target" >&2; return 1 ;;
    esac
  done
  nvcc -std=c++17 -O3 -Werror all-warnings -fatbin "${flags[@]}" -Xptxas -v -o "$work/$name.fatbin" "$source" 2> "$work/$name.log" \
    || { cat "$work/$name.log" >&2; return 1; }
}

# One line a kernel and target: file, kernel, target, registers, bytes of stack, of spill stores, of spill loads, of shared memory.
table() {
  awk -v file="$1" '
    /Compiling entry function/ { split($0, part, "\x27"); kernel = part[2]; target = part[4] }
    /bytes stack frame/ { stack = 0; stores = 0; loads = 0
      for (i = 1; i <= NF; i++) { if ($(i + 1) == "bytes" && $(i + 2) == "stack") stack = $i
        if ($(i + 1) == "bytes" && $(i + 3) == "stores,") stores = $i; if ($(i + 1) == "bytes" && $(i + 3) == "loads") loads = $i } }
    /Used [0-9]+ registers/ && kernel != "" { registers = 0; smem = 0
      for (i = 1; i <= NF; i++) { if ($i == "Used") registers = $(i + 1); if ($(i + 1) == "bytes" && $(i + 2) ~ /^smem/) smem = $i }
      printf "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n", file, kernel, target, registers, stack, stores, loads, smem; kernel = "" }
  ' "$2"
}

printf 'file\tkernel\ttarget\tregisters\tstack\tspill_stores\tspill_loads\tshared\n' > "$work/kernels.tsv"
for source in *.cu; do
  compile "$source"
  table "${source%.cu}" "$work/${source%.cu}.log" | LC_ALL=C sort >> "$work/kernels.tsv"
done
if spilling=$(awk -F '\t' 'NR > 1 && $6 + $7 > 0' "$work/kernels.tsv") && [ -n "$spilling" ]; then
  printf 'these kernels spill registers (file, kernel, target, registers, stack, spill stores, spill loads, shared):\n%s\n' "$spilling" >&2
  exit 1
fi
rm -f "$out"/*.fatbin
cp "$work"/*.fatbin "$work/kernels.tsv" "$out/"
LC_ALL=C sha256sum build.sh *.cu *.cuh > "$out/sources.sha256"
echo "$(($(wc -l < "$out/kernels.tsv") - 1)) kernels in $(ls "$out"/*.fatbin | wc -l) files, $(du -ch "$out"/*.fatbin | tail -1 | cut -f1)"
