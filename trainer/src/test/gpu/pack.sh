#!/usr/bin/env bash
# Packs all that needs a GPU to be tested or measured, for a host that has CUDA but neither Java nor Maven:
#   pack.sh FOLDER
# builds ring-attention and trainer with their tests and leaves in FOLDER a Java runtime, classes, jars (natives of Linux x86-64
# alone; about 45 MB) and the scripts beside this one. Needs JDK 25 with jlink, Maven, xz. Then, on the GPU host:
#   FOLDER/gpu-tests.sh               every test that needs a GPU
#   FOLDER/gpu-java.sh MAIN ...       any main class, as a benchmark
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,7p' "$0"; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
console=org.junit.platform:junit-platform-console-standalone:1.14.4

jdk=${JAVA_HOME:-}
[ -n "$jdk" ] && grep -q '^JAVA_VERSION="25' "$jdk/release" || jdk=$(ls -d /usr/lib/jvm/*25* 2> /dev/null | head -n 1)
[ -x "$jdk/bin/jlink" ] || { echo "no JDK 25 with jlink: set JAVA_HOME" >&2; exit 1; }

cd "$root"
mvn -B -q -ntp ${MAVEN_OFFLINE:+-o} -pl trainer -am test-compile dependency:build-classpath -Dmdep.outputFile=target/gpu.classpath
mvn -B -q -ntp ${MAVEN_OFFLINE:+-o} -N dependency:copy -Dartifact=$console -DoutputDirectory="$out/lib" -Dmdep.overWriteIfNewer=true

# Own classes, one folder a module.
rm -rf "$out/classes"
for module in cluster-config ring-attention data-pipeline trainer; do
  mkdir -p "$out/classes/$module"
  cp -r $module/target/classes/. "$out/classes/$module/"
done
for module in ring-attention trainer; do
  cp -r $module/target/test-classes/. "$out/classes/$module/"
done

# Others' jars: JUnit comes with the console; Spark, BLAS and the tokenizer are the CPU's.
tr ':' '\n' < trainer/target/gpu.classpath | grep '\.jar$' | grep -vE '/(org/junit|org/apache|commons-|ai/djl|com/hubspot|net/java|org/bytedeco/openblas/.*linux)' | while read -r jar; do
  cp -u "$jar" "$out/lib/"
done

if [ ! -f "$out/jre.tar.xz" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  "$jdk/bin/jlink" --compress=zip-0 --strip-debug --no-header-files --no-man-pages --output "$work/jre" --add-modules \
    java.base,java.logging,java.management,java.naming,java.sql,java.xml,java.net.http,jdk.unsupported,jdk.management,jdk.incubator.vector,jdk.net,jdk.zipfs,jdk.jfr
  tar -C "$work/jre" -cf - . | xz -T0 -4 > "$out/jre.tar.xz"
fi
cp "$here/gpu-java.sh" "$here/gpu-tests.sh" "$out/"
git rev-parse --short HEAD > "$out/revision"
du -sh "$out"
