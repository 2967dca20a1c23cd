#!/usr/bin/env bash
# The race detector over what starts something side by side: every folder that has a goroutine, a lock or an atomic in its code or its tests. A folder
# without any runs on one goroutine, and is raced by the tests of those who call it. Folders of bench measure, and are raced as the product they call.
#
# Left out as well are tests that take long and only compute, or start what a shorter test starts too:
#   driver       whole runs, product by product: TestPublishedOnce, TestLive and TestWorkers have what a run, a live count and workers start
#   cmd/throng   transcripts of commands that are one run or none: those of demo, interrupted, two-writers, access and broken stay
#   the others   statistics, on one goroutine or on those of a shorter test beside it
set -euo pipefail
cd "$(dirname "$0")/.."
starts='(^|[^[:alnum:]])go (func|[a-z][[:alnum:].]*\()|errgroup|\.Go\(|t\.Parallel|sync\.|atomic\.|httptest\.NewServer'
long='^(TestNothingLeaks|TestErrorsTellNoValue|TestNeighboursLookAlike|TestBikes|TestFlights|TestLiveLongFirst|TestRegistry|TestPages)$'
long+='|^(TestLiveAttacks|TestHeavyAndAlone|TestBikesPage)$'
long+='|^(TestFestival|TestCompanyTruthOfCleanFeeds|TestTripsArePlausible|TestDirt|TestKinMany|TestLayerB|TestTooMuchNoiseIsNoticed|TestLiveSmallPerimeters|TestEMMargins|TestNoiseIsAsStated|TestEveryByteCounts|TestMemoryOfARelease)$'
long+='|^TestTranscripts$/^(region|company|multimno|trips|help|combine|events|million|ledger|methods|balance|register|plan)$'
folders=()
while read -r folder dir; do
  if grep -qE "$starts" "$dir"/*.go; then folders+=("$folder"); fi
done < <(go list -f '{{.ImportPath}} {{.Dir}}' ./... | grep -v '/throng/bench')
exec go test -race -short -timeout 20m -skip "$long" "$@" "${folders[@]}"
