#!/usr/bin/env bash
# Rebuilds the page and compares it with the committed files, serves an invented region, and one that is counted live, uses
# the page in headless Chromium and takes the pictures. With --check nothing in the tree is changed.
set -euo pipefail
cd "$(dirname "$0")/.."
check=${1:-}
work=$(mktemp -d)
servers=()
cleanup() { kill "${servers[@]}" 2>/dev/null || true; wait; rm -rf "$work"; }
trap cleanup EXIT

if ! command -v chromium >/dev/null; then
  echo "installing chromium from the system's packages"
  (apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk) >/dev/null
fi
(cd serve/dashboard/web && npm ci --ignore-scripts --no-audit --no-fund >/dev/null)
cp -r serve/dashboard/dist "$work/dist"
(cd serve/dashboard/web && npm run --silent build && npm run --silent check)
diff -r "$work/dist" serve/dashboard/dist || { echo "serve/dashboard/dist is not what the sources build; run make page and commit"; exit 1; }

go build -o "$work/throng" ./cmd/throng
# Of two live counts one has ended after its second day. It is made meanwhile.
"$work/throng" live --demo --people 8000 --days 2 --speed 40000 --until 2026-02-03T23:00:00Z --listen "" --metrics "" --dir "$work/ended" --quiet &
ended=$!
"$work/throng" demo --once --days 29 --people 24000 --dir "$work/region" --keep --quiet
"$work/throng" serve "$work/region/out" --listen 127.0.0.1:18080 --ignore-embargo --quiet \
  --holder tickets="$work/region/tickets/out" --holder shops="$work/region/purchases/out" --holder bikes="$work/region/bikes/out" --holder town="$work/region/cases/out" &
servers+=($!)
answers() {
  for _ in $(seq 100); do
    if node -e "fetch('http://127.0.0.1:$1/v1').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"; then return; fi
    sleep 0.2
  done
}
answers 18080
node serve/dashboard/web/test/page.mjs http://127.0.0.1:18080

# The other live count goes on, about a bin a second.
wait "$ended"
"$work/throng" serve "$work/ended/out" --listen 127.0.0.1:18081 --ignore-embargo --quiet &
servers+=($!)
"$work/throng" live --demo --people 2000 --days 4 --speed 900 --listen 127.0.0.1:18082 --metrics "" --dir "$work/live" --quiet &
servers+=($!)
answers 18081
answers 18082
node serve/dashboard/web/test/live.mjs http://127.0.0.1:18082 "$work/live/out" http://127.0.0.1:18081
shots=docs/pictures
[ "$check" = --check ] && shots=$work/pictures
mkdir -p "$shots"
DRAW=1 node serve/dashboard/web/shot.mjs http://127.0.0.1:18080/ "$shots/page.png" 1280 800
node serve/dashboard/web/shot.mjs http://127.0.0.1:18080/ "$shots/page-phone.png" 390 844
