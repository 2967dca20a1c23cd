# Every target is one plain line; run them from a fresh clone.
.PHONY: test faults soak live-demo lint race fuzz bench docs page page-test mutants oracle

test:            ## everyday suite
	go test ./...

lint:            ## house test, vet, staticcheck; whether every mutant still applies
	go vet ./... && go test -run 'Walls|Folders|Budget|Docs|Clock|Noise' . && go tool -modfile=tools/go.mod staticcheck ./... && go run -C tools ./mutants -applies

race:            ## what starts something side by side, under the race detector
	tools/race.sh

FUZZTIME ?= 60s
fuzz:            ## every fuzz target for FUZZTIME
	tools/fuzz.sh $(FUZZTIME)

bench:           ## decode only beside the whole run, on a day of ten million events; a million noisy cells beside Google's
	go run ./bench -events 10000000
	go run -C bench/google .

SEED ?= 1
RUNS ?= 5
KAFKA ?= first
PUSH ?= second
faults:          ## runs from files, of a folder, a Kafka topic (KAFKA: first, every or none) and HTTP push (PUSH: first, second, every or none) that are killed, stopped, starved and lied to, RUNS seeds from SEED on; want the tables of undisturbed ones
	go run ./bench/faults -seed $(SEED) -runs $(RUNS) -kafka $(KAFKA) -push $(PUSH)

soak:            ## throng live for half an hour on a fast replay: is its memory flat?
	go run ./bench/soak -minutes 30

mutants:         ## break one thing at a time; every mutant has to be noticed
	go run -C tools ./mutants

live-demo:       ## broker, a region replayed sixty times as fast, two workers, releaser and page; Ctrl-C ends all
	go run ./bench/livedemo

oracle:          ## the build that runs one named algorithm on one small case, and its tests
	go test -tags oracle ./driver/oracle ./cmd/throng

docs:            ## the examples in the pages, run as tests
	go test ./config ./reckon/... ./privacy/ledger ./cmd/throng

page:            ## rebuild the page from serve/dashboard/web
	cd serve/dashboard/web && npm ci --ignore-scripts --no-audit --no-fund && npm run build

page-test:       ## the page in headless Chromium, and the picture in the README
	tools/page.sh
