package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/population/present"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/release/disk"
)

// counts are keyed digests of tables before the noise, by "product period table".
type counts map[string]string

// truth is what undisturbed processes counted.
type truth struct {
	digests counts
	took    map[string]time.Duration // by setup
}

// undisturbed counts a world once by throng run and once by throng live. What both count must be equal; bins are those of live.
func undisturbed(ctx context.Context, throng string, w *world, dir string) (*truth, error) {
	t := &truth{digests: counts{}, took: map[string]time.Duration{}}
	for _, s := range setups {
		if s.start == nil {
			continue
		}
		at := filepath.Join(dir, "undisturbed-"+s.name)
		if err := w.folder(at); err != nil {
			return nil, err
		}
		if err := w.deliver(at).put(len(w.slices)); err != nil {
			return nil, err
		}
		began := time.Now()
		p, err := s.start(ctx, throng, at, w)
		if err != nil {
			return nil, err
		}
		if err := p.succeed(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		t.took[s.name] = time.Since(began)
		got, err := witnessed(at)
		if err != nil {
			return nil, err
		}
		if err := isSame(t.digests, got); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		maps.Copy(t.digests, got)
	}
	return t, t.isWhole(w)
}

// isWhole wants every bin of the day: two empty counts are equal too.
func (t *truth) isWhole(w *world) error {
	for at := w.day.Start; at < w.day.End; at += 15 * minute {
		name := config.PresentLive + " " + present.LiveName(at)
		if !slices.ContainsFunc(slices.Collect(maps.Keys(t.digests)), func(n string) bool { return strings.HasPrefix(n, name) }) {
			return fmt.Errorf("nothing was counted of %s", name)
		}
	}
	return nil
}

// witnessed reads what was counted; what was counted again must have been the same.
func witnessed(dir string) (counts, error) {
	text, err := os.ReadFile(filepath.Join(dir, "state/inside/digests.jsonl"))
	if err != nil {
		return nil, err
	}
	all := counts{}
	for line := range bytes.Lines(text) {
		var w driver.Witnessed
		if err := json.Unmarshal(line, &w); err != nil {
			return nil, fmt.Errorf("inside/digests.jsonl: %w", err)
		}
		one := counts{}
		for table, digest := range w.Tables {
			one[w.Product+" "+w.Period+" "+table] = digest
		}
		if err := isSame(all, one); err != nil {
			return nil, fmt.Errorf("counted twice: %w", err)
		}
		maps.Copy(all, one)
	}
	return all, nil
}

// isSame names the first table that both have counted differently.
func isSame(want, got counts) error {
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if digest, ok := want[name]; ok && digest != got[name] {
			return fmt.Errorf("%s has the digest %.16s, want %.16s", name, got[name], digest)
		}
	}
	return nil
}

// compare wants of a trial what undisturbed processes counted, published and paid for once, and a ledger that verifies.
func compare(ctx context.Context, t *trial, want *truth, withBins bool) (tables, bins int, err error) {
	got, err := witnessed(t.dir)
	if err != nil {
		return 0, 0, err
	}
	releases := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(want.digests)) {
		isBin := strings.HasPrefix(name, config.PresentLive+" ")
		if isBin && !withBins {
			continue
		}
		if got[name] != want.digests[name] {
			return 0, 0, fmt.Errorf("%s has the digest %.16q, want %.16q", name, got[name], want.digests[name])
		}
		tables++
		release := name[:strings.LastIndexByte(name, ' ')]
		if isBin && !releases[release] {
			bins++
		}
		releases[release] = true
	}
	if len(got) != tables {
		return 0, 0, fmt.Errorf("%d tables were counted, want %d", len(got), tables)
	}
	if t.figures.burnt, err = isOnce(t.dir, releases); err != nil {
		return 0, 0, err
	}
	verify, err := start(ctx, t.throng, "ledger", "verify", filepath.Join(t.dir, "state"), "--releases", filepath.Join(t.dir, "out"))
	if err != nil {
		return 0, 0, err
	}
	if err := verify.succeed(); err != nil {
		return 0, 0, fmt.Errorf("ledger verify: %w", err)
	}
	if left, _ := filepath.Glob(filepath.Join(t.dir, "state/keys/day-"+t.world.day.Name+"*")); len(left) > 0 {
		return 0, 0, fmt.Errorf("the key of %s is there after its tables are published", t.world.day.Name)
	}
	return tables, bins, nil
}

// isOnce wants every release in the folder once and in the ledger once, and tells how many bookings were lost to a crash.
func isOnce(dir string, want map[string]bool) (burnt int, err error) {
	store, err := disk.OpenReadOnly(filepath.Join(dir, "out"))
	if err != nil {
		return 0, err
	}
	list, err := store.List()
	if err != nil {
		return 0, err
	}
	records, err := ledger.Read(ledger.Disk(filepath.Join(dir, "state/ledger")))
	if err != nil {
		return 0, err
	}
	paid := map[string]int{}
	for _, r := range records {
		switch b := r.Body.(type) {
		case *ledger.Published:
			paid[b.ReleaseID]++
		case *ledger.Ended:
			burnt++
		}
	}
	stored := map[string]int{}
	for _, m := range list {
		stored[m.Product+" "+m.Period.Name]++
		if paid[m.ID] != 1 {
			return 0, fmt.Errorf("the ledger has %s %s as published %d times", m.Product, m.Period.Name, paid[m.ID])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if stored[name] != 1 {
			return 0, fmt.Errorf("%s was published %d times", name, stored[name])
		}
	}
	if len(stored) != len(want) || len(paid) != len(want) {
		return 0, fmt.Errorf("%d releases are stored and %d paid for, want %d", len(stored), len(paid), len(want))
	}
	return burnt, nil
}

// figures are those of one setup under one seed.
type figures struct {
	seed                 uint64
	setup                string
	faults               map[string]int
	skipped              map[string]string
	starts, tables, bins int
	rows                 int64 // that were pushed; each lies in the journal once
	burnt                int   // releases that were paid for and then lost, and paid for again
	seconds              float64
}

// table prints the figures of all runs, one table for each setup.
func table(all []figures) string {
	var b strings.Builder
	skipped := map[string]string{}
	for _, s := range setups {
		kinds, own := map[string]bool{}, []figures(nil)
		for _, f := range all {
			if f.setup != s.name {
				continue
			}
			maps.Copy(skipped, f.skipped)
			if f.starts == 0 {
				continue
			}
			own = append(own, f)
			for k := range f.faults {
				kinds[k] = true
			}
		}
		if own == nil {
			continue
		}
		names := slices.Sorted(maps.Keys(kinds))
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintf(w, "%s: seed\t%s\tstarts\tburnt\trows pushed\ttables equal\tbins once\tseconds\n", s.name, strings.Join(names, "\t"))
		for _, f := range own {
			fmt.Fprintf(w, "%d\t", f.seed)
			for _, k := range names {
				fmt.Fprintf(w, "%d\t", f.faults[k])
			}
			fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%d\t%.1f\n", f.starts, f.burnt, f.rows, f.tables, f.bins, f.seconds)
		}
		w.Flush()
	}
	for _, k := range slices.Sorted(maps.Keys(skipped)) {
		fmt.Fprintf(&b, "not done: %s: %s\n", k, skipped[k])
	}
	return b.String()
}
