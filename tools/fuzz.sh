#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each (default 60s), one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-60s}
grep -rlE '^func Fuzz' --include='*_test.go' . | grep -v node_modules | sort | while read -r file; do
  for target in $(grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | cut -c6-); do
    echo "fuzz $(dirname "$file") $target $time"
    go test -tags oracle -run "^$" -fuzzminimizetime 1x -fuzz "^$target\$" -fuzztime "$time" "$(dirname "$file")"
  done
done
