#!/usr/bin/env bash
# Runs java with the packed runtime, classes and jars on a GPU host: gpu-java.sh [java options] MAIN_CLASS [arguments]
# GPU_JAVA_UNDER is a command to run it under, such as compute-sanitizer.
set -euo pipefail
kit=$(cd "$(dirname "$0")" && pwd)
jre=${TMPDIR:-/tmp}/annulus-gpu-jre
if [ ! -f "$jre/complete" ]; then
  mkdir -p "$jre"
  tar -C "$jre" -xJf "$kit/jre.tar.xz" 2> /dev/null \
    || python3 -c "import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2], filter='fully_trusted')" "$kit/jre.tar.xz" "$jre"
  touch "$jre/complete"
fi
for dir in /usr/local/cuda/lib64 /usr/local/cuda/targets/x86_64-linux/lib; do
  [ -d "$dir" ] && LD_LIBRARY_PATH="$dir:${LD_LIBRARY_PATH:-}"
done
export LD_LIBRARY_PATH
classes=$(ls -d "$kit"/classes/* | tr '\n' ':')
# shellcheck disable=SC2086  # GPU_JAVA_UNDER is a list of words.
exec ${GPU_JAVA_UNDER:-} "$jre/bin/java" -Xmx4g -XX:MaxDirectMemorySize=1t --enable-native-access=ALL-UNNAMED \
  --sun-misc-unsafe-memory-access=allow --add-modules jdk.incubator.vector \
  --add-opens java.base/jdk.internal.misc=ALL-UNNAMED --add-opens java.base/sun.nio.ch=ALL-UNNAMED -cp "$classes$kit/lib/*" "$@"
