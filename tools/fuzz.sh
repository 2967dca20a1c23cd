#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each (default 60s), one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-60s}
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# fuzz runs one target. Go's fuzzer sometimes reports its own end, "context deadline exceeded" without a failing input, as a failure
# (golang.org/issue/75804): that alone is tried again, twice at most.
fuzz() {
  for _ in 1 2 3; do
    if go test -tags oracle -run "^$" -fuzzminimizetime 1x -fuzz "^$2\$" -fuzztime "$time" "$1" 2>&1 | tee "$said"; then return 0; fi
    if ! grep -qx '    context deadline exceeded' "$said" || grep -qE 'Failing input|panic:|_test.go:' "$said"; then return 1; fi
    echo "fuzz $1 $2: the fuzzer ended late and found nothing; again"
  done
  return 1
}

grep -rlE '^func Fuzz' --include='*_test.go' . | grep -v node_modules | sort | while read -r file; do
  for target in $(grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | cut -c6-); do
    echo "fuzz $(dirname "$file") $target $time"
    fuzz "$(dirname "$file")" "$target"
  done
done
