package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/reckon/pool"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/serve/export"
)

// combineCmd is throng combine.
type combineCmd struct {
	Outs    []string `arg:"" name:"dir" help:"Folders of releases, one of each holder." type:"existingdir"`
	To      string   `name:"out" help:"Folder of the combined releases; it is made when it is not there." required:"" placeholder:"DIR"`
	Shares  string   `help:"Public shares of the residents, CSV: holder,share,sd; the row any is who is with one holder at least." type:"existingfile" placeholder:"FILE"`
	Zones   string   `help:"What zones of a holder are called in the first folder, CSV: holder,zone,as." type:"existingfile" placeholder:"FILE"`
	Product []string `help:"Only this product (may be given several times)." placeholder:"PRODUCT"`
	Period  []string `help:"Only this day or month (may be given several times)." placeholder:"PERIOD"`
}

// Help is what throng combine --help adds.
func (combineCmd) Help() string {
	return `Two operators, or shops, each publish under a ledger of their own; this adds what they published, with its margins. Of people the mean
is weighted by public shares; of money, rows and nights it is the sum; of different customers the sum without those who are with
two. It reads published folders alone and spends nothing. Products and periods that all have are combined; the result has
estimates alone, names its sources by digest, and says what it takes for granted.

    throng combine out-a out-b --out combined --shares shares.csv
    throng combine shop-a shop-b --out combined --shares shares.csv --product market`
}

// folder is what one holder published.
type folder struct {
	dir   string
	store release.Store
	list  []release.Head
}

// Run combines every product and period that all folders have.
func (c *combineCmd) Run(out *screen) error {
	if len(c.Outs) < 2 {
		return &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("got %d folder of releases, want those of two holders at least", len(c.Outs))}
	}
	shares, err := readFile(c.Shares, pool.ReadShares)
	if err != nil {
		return err
	}
	zones, err := readFile(c.Zones, pool.ReadZones)
	if err != nil {
		return err
	}
	folders, err := openAll(c.Outs)
	if err != nil {
		return err
	}
	together, alone, err := c.match(folders)
	if err != nil {
		return err
	}
	if len(together) == 0 {
		return &driver.Error{Kind: driver.Missing, Text: fmt.Sprintf("no product and period is in all %d folders%s", len(folders), list("; some have ", alone))}
	}
	var results []pool.Result
	for _, group := range together {
		one, err := combined(folders, group, shares, zones)
		if err != nil {
			return &driver.Error{Kind: driver.Invalid, Text: err.Error()}
		}
		results = append(results, one)
	}
	store, err := disk.Open(c.To) // nothing is written before all of it can be
	if err != nil {
		return err
	}
	defer store.Close()
	return c.keep(out, store, results, alone)
}

// readFile reads a public table; none where no path is given.
func readFile[T any](path string, read func(io.Reader) (T, error)) (T, error) {
	var none T
	if path == "" {
		return none, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return none, err
	}
	defer f.Close()
	table, err := read(f)
	if err != nil {
		return none, &driver.Error{Kind: driver.Invalid, Text: here(path) + ": " + err.Error()}
	}
	return table, nil
}

func openAll(dirs []string) ([]folder, error) {
	var all []folder
	for _, dir := range dirs {
		store, err := disk.OpenReadOnly(dir)
		if err != nil {
			return nil, err
		}
		list, err := store.Heads()
		if err != nil {
			return nil, err
		}
		all = append(all, folder{dir, store, list})
	}
	return all, nil
}

// newest is the newest revision of a product and period in a folder, or false.
func (f folder) newest(product, period string) (best release.Head, ok bool) {
	for _, m := range f.list {
		if m.Product == product && m.Period.Name == period && (!ok || m.Revision > best.Revision) {
			best, ok = m, true
		}
	}
	return best, ok
}

// match lists the releases that belong together, and what only some folders have.
func (c *combineCmd) match(folders []folder) (together [][]release.Manifest, alone []string, err error) {
	wanted := func(list []string, word string) bool { return len(list) == 0 || slices.Contains(list, word) }
	seen := map[string]bool{}
	for _, f := range folders {
		for _, m := range f.list {
			name := m.Product + " of " + m.Period.Name
			if seen[name] || !wanted(c.Product, m.Product) || !wanted(c.Period, m.Period.Name) {
				continue
			}
			seen[name] = true
			var group []release.Manifest
			for _, other := range folders {
				one, ok := other.newest(m.Product, m.Period.Name)
				if !ok {
					continue
				}
				found, err := other.store.Manifest(one.ID)
				if err != nil {
					return nil, nil, err
				}
				group = append(group, found)
			}
			if len(group) == len(folders) {
				together = append(together, group)
			} else {
				alone = append(alone, name)
			}
		}
	}
	slices.Sort(alone)
	return together, alone, nil
}

// combined reads releases and combines them.
func combined(folders []folder, group []release.Manifest, shares pool.Shares, zones map[string]map[string]string) (pool.Result, error) {
	var list []pool.Release
	for i, m := range group {
		one := pool.Release{Manifest: m, As: zones[m.Holder]}
		if one.As == nil {
			one.As = zones[m.Geo.ID]
		}
		digest, err := manifestDigest(folders[i].store, m.ID)
		if err != nil {
			return pool.Result{}, err
		}
		one.SHA256 = digest
		for _, n := range export.Names(m) {
			if n.Kind != release.Estimate || n.Method != release.Linear {
				continue
			}
			t, err := folders[i].store.Table(m.ID, n.Method, n.Table)
			if err != nil {
				return pool.Result{}, err
			}
			one.Tables = append(one.Tables, t)
		}
		if one.Geo, err = folders[i].store.Geography(m.Geo.ID, m.Geo.Version); err != nil {
			return pool.Result{}, err
		}
		list = append(list, one)
	}
	return pool.Combine(list, shares)
}

func manifestDigest(store release.Store, id string) (string, error) {
	f, err := store.Open(id, "manifest.json")
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	return release.Digest(text), err
}

// keep stores combined releases and says what they take for granted. One that is there already stays as it is.
func (c *combineCmd) keep(out *screen, store *disk.Store, results []pool.Result, alone []string) error {
	rows := [][]string{{"product", "period", " tables", " cells", "release"}}
	var manifests []release.Manifest
	var assumed, left []string
	for _, r := range results {
		m, err := storeOne(store, r)
		if err != nil {
			return err
		}
		manifests = append(manifests, m)
		cells := 0
		for _, t := range r.Draft.Tables {
			cells += t.Rows()
		}
		rows = append(rows, []string{m.Product, m.Period.Name, fmt.Sprint(len(r.Draft.Tables)), number(int64(cells)), m.ID})
		for _, a := range r.Assumed {
			assumed = append(assumed, m.Product+"/"+a)
		}
		for _, l := range r.Left {
			left = append(left, m.Product+"/"+l)
		}
	}
	out.table("combined", rows)
	say := func(label string, list []string) {
		slices.Sort(list)
		for _, text := range slices.Compact(list) {
			out.say("%-9s  %s", label, text)
			label = ""
		}
	}
	say("assumed", assumed)
	say("left out", left)
	say("apart", alone)
	out.say("releases   %s: see them with  throng serve %s", here(c.To), here(c.To))
	out.say("ledgers    nothing was spent; each holder's verifies on its own:  throng ledger verify STATE --releases OUT")
	return out.result(map[string]any{"releases": manifests, "assumed": assumed, "left_out": left, "apart": alone})
}

// storeOne stores one release under an id that its sources and its numbers give.
func storeOne(store *disk.Store, r pool.Result) (release.Manifest, error) {
	text, err := json.MarshalIndent(struct {
		Sources []release.Source `json:"sources"`
		Assumed []string         `json:"assumed"`
		Left    []string         `json:"left_out"`
	}{r.Draft.Manifest.Sources, r.Assumed, r.Left}, "", "  ")
	if err != nil {
		return release.Manifest{}, err
	}
	var name strings.Builder
	for _, s := range r.Draft.Manifest.Sources {
		fmt.Fprintln(&name, s.Manifest)
	}
	for _, t := range r.Draft.Tables {
		fmt.Fprintln(&name, t.Shape.Name, t.Shape.Dims, t.Estimate)
	}
	// One geography for all periods of the first holder's: the name says from which it was made.
	r.Geo.ID, r.Geo.Version = "combined", release.Digest([]byte(r.Geo.ID + "/" + r.Geo.Version))[:12]
	r.Draft.Manifest.Geo = release.GeoRef{ID: r.Geo.ID, Version: r.Geo.Version}
	r.Draft.Manifest.ID, r.Draft.Manifest.Code = "combined-"+release.Digest([]byte(name.String()))[:12], code()
	r.Draft.Texts = map[string][]byte{"combined.json": append(text, '\n')}
	if m, err := store.Manifest(r.Draft.Manifest.ID); err == nil {
		return m, nil
	}
	if err := store.PutGeography(r.Geo); err != nil && !errors.Is(err, release.ErrExists) {
		return release.Manifest{}, err
	}
	return store.Put(r.Draft)
}

// list writes words after an introduction; nothing when there are none.
func list(introduction string, words []string) string {
	if len(words) == 0 {
		return ""
	}
	return introduction + short(words)
}
