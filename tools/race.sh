#!/usr/bin/env bash
# The race detector over what starts something side by side: every folder that has a goroutine, a lock or an atomic in its code or its tests. A folder
# without any starts nothing itself, and is raced by the tests of what it calls or who calls it. Folders of bench measure, and are raced as the product
# they call.
#
# Left out as well are tests that take long and only compute, or start what a shorter test starts too:
#   driver       whole runs, product by product: TestPublishedOnce, TestLive and TestWorkers have what a run, a live count and workers start
#   cmd/throng   transcripts of commands that are one run or none: those of demo, interrupted, two-writers, access and broken stay
#   the others   statistics, on one goroutine or on those of a shorter test beside it
set -euo pipefail
cd "$(dirname "$0")/.."
starts='(^|[^[:alnum:]])go (func|[a-z][[:alnum:].]*\()|errgroup|\.Go\(|t\.Parallel|sync\.|atomic\.|AfterFunc|httptest\.New(TLS|Unstarted)?Server'
tests='TestNothingLeaks|TestErrorsTellNoValue|TestNeighboursLookAlike|TestBikes|TestFlights|TestLiveLongFirst'
tests+='|TestLiveAttacks|TestHeavyAndAlone|TestBikesPage'
tests+='|TestFestival|TestCompanyTruthOfCleanFeeds|TestTripsArePlausible|TestDirt|TestLayerB|TestTooMuchNoiseIsNoticed|TestLiveSmallPerimeters'
tests+='|TestEMMargins|TestNoiseIsAsStated|TestEveryByteCounts|TestMemoryOfARelease'
scripts='region|company|multimno|trips|help|combine|events|million|ledger|methods|balance|register|plan'

list=$(go list -f '{{.ImportPath}} {{.Dir}}' ./...)
folders=() files=()
while read -r folder dir; do
  case $folder in */throng/bench | */throng/bench/*) continue ;; esac
  grep -qE "$starts" "$dir"/*.go || continue
  folders+=("$folder")
  files+=("$dir"/*.go)
done <<<"$list"
((${#folders[@]} > 20)) || { echo "race: found ${#folders[@]} folders, want those of the product" >&2; exit 1; }
for name in ${tests//|/ }; do # -skip goes by the name alone
  n=$(cat "${files[@]}" | grep -c "^func $name(" || true)
  ((n == 1)) || { echo "race: $n tests are called $name, want one: mend the list in tools/race.sh" >&2; exit 1; }
done
exec go test -race -short -timeout 20m -skip "^($tests)\$|^TestTranscripts\$/^($scripts)\$" "$@" "${folders[@]}"
