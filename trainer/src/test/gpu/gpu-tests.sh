#!/usr/bin/env bash
# Runs every test that needs a GPU, from a folder that pack.sh made, without Maven; a class a JVM, each with its deadline.
#   gpu-tests.sh [CLASS...]              all, or those whose name contains one of the words
#   gpu-tests.sh --sanitize [CLASS...]   the tests tagged sanitizer, under compute-sanitizer's memcheck and racecheck
# Prints a line a class and a list of what failed; logs go to $GPU_TEST_LOGS (default: ./gpu-tests). Exit 1 if anything failed.
set -uo pipefail
kit=$(cd "$(dirname "$0")" && pwd)
logs=${GPU_TEST_LOGS:-$PWD/gpu-tests}
mkdir -p "$logs"
tag=gpu
tools=("")
deadline=${GPU_TEST_SECONDS:-120}
if [ "${1:-}" = --sanitize ]; then
  shift
  tag=sanitizer
  # racecheck has no use for a copy engine's writes that barriers order: hazards it cannot judge are warnings.
  tools=("compute-sanitizer --tool memcheck --error-exitcode 9 --target-processes all" \
    "compute-sanitizer --tool racecheck --racecheck-report analysis --error-exitcode 9 --target-processes all")
fi
failed=0
shopt -s globstar nullglob
for file in "$kit"/classes/*/**/*Test.class; do
  grep -q 'Lorg/junit/jupiter/api/Tag;' "$file" && grep -qa "$tag" "$file" || continue
  name=${file#"$kit"/classes/*/}
  name=${name%.class}
  name=${name//\//.}
  short=${name##*.}
  if [ $# -gt 0 ]; then
    wanted=no
    for word in "$@"; do case "$name" in *"$word"*) wanted=yes ;; esac; done
    [ $wanted = yes ] || continue
  fi
  for tool in "${tools[@]}"; do
    log=$logs/$short${tool:+-$(sed 's/.*--tool \([a-z]*\).*/\1/' <<< "$tool")}.txt
    start=$SECONDS
    GPU_JAVA_UNDER="$tool" timeout "$deadline" "$kit/gpu-java.sh" org.junit.platform.console.ConsoleLauncher execute \
      --disable-banner --disable-ansi-colors --include-tag "$tag" --details tree --select-class "$name" > "$log" 2>&1
    code=$?
    counts=$(sed -n 's/^\[ *\([0-9]*\) tests \(successful\|failed\|aborted\) *\]$/\1 \2/p' "$log" | paste -sd, | sed 's/,/, /g')
    report=$(grep -E '^=+ (ERROR SUMMARY|RACECHECK SUMMARY)' "$log" | sed 's/^=* //' | tail -n 1)
    verdict=passed
    [ $code -eq 0 ] || { verdict="FAILED (exit $code$([ $code -eq 124 ] && echo ", over $deadline s"))"; failed=1; }
    printf '%-24s %-40s %3d s  %s%s\n' "$short" "${counts:-no tests ended}" $((SECONDS - start)) "$verdict" "${report:+; $report}"
    [ $code -eq 0 ] || grep -E '\[X\]|=> |MethodSource|Invalid|hazard' "$log" | head -n 12
  done
done
exit $failed
