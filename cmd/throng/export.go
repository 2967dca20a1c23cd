package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/serve/export"
	"github.com/throng-stats/throng/serve/export/multimno"
)

// exportCmd is throng export.
type exportCmd struct {
	Dir     string   `arg:"" help:"Folder of releases." type:"existingdir"`
	Product string   `arg:"" help:"Product, such as present." optional:""`
	Period  string   `arg:"" help:"Day or month, such as 2026-02-02." optional:""`
	Table   string   `arg:"" help:"Table, such as total, gender, age, origin." default:"total" optional:""`
	Format  string   `help:"csv, geojson, or multimno: the gold tables of the European reference pipeline." enum:"csv,geojson,multimno" default:"csv"`
	Kind    string   `help:"estimate (people, with margins) or measured (noisy whole numbers)." enum:"estimate,measured" default:"estimate"`
	Method  string   `help:"Method of an estimate, such as linear or em; linear when it is not given." default:""`
	Labels  string   `help:"Names of zones: name or both." enum:",name,both" default:""`
	Where   []string `help:"Only these codes, such as zone=77001 (may be given several times)." placeholder:"DIM=CODE"`
	Over    string   `help:"Divide each number: residents, the public residents of its zone, or another table with the same cells, such as buyers. CSV alone." placeholder:"TABLE"`
	To      string   `help:"File to write; standard output when it is not given. Of multimno the folder of the gold tables." short:"o" placeholder:"FILE"`
}

// Help is what throng export --help adds.
func (exportCmd) Help() string {
	return `Estimates are people, with the standard deviation of the noise and a 95 % margin (lo, hi); they may be below zero, value is the
same for display. Measured are the noisy whole numbers as they were paid for. Nothing is spent by exporting.

    throng export out present 2026-02-02 > present.csv
    throng export out present 2026-02-02 age --where zone=M101 --labels name
    throng export out present 2026-02-02 --format geojson -o present.geojson
    throng export out market 2026-02 customers --over residents

With --format multimno a folder is written for each gold table, with a file for each product and period; without PRODUCT and
PERIOD those of all releases. What has no gold table is said (docs/format/multimno.md).

    throng export out --format multimno -o gold`
}

// Run writes one table, or the gold tables.
func (c *exportCmd) Run(out *screen) error {
	store, err := disk.OpenReadOnly(c.Dir)
	if err != nil {
		return err
	}
	if c.Format == multimno.Format {
		return c.gold(out, store)
	}
	if c.Product == "" || c.Period == "" {
		return &driver.Error{Kind: driver.Invalid, Text: "got no product or no period, want both, such as  throng export " + here(c.Dir) + " present 2026-02-02"}
	}
	m, err := c.find(store)
	if err != nil {
		return err
	}
	where := export.Where{}
	for _, w := range c.Where {
		dim, code, ok := strings.Cut(w, "=")
		if !ok {
			return &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("--where: got %.40q, want such as zone=77001", w)}
		}
		where[dim] = append(where[dim], code)
	}
	if !slices.ContainsFunc(m.Parts, func(p release.Part) bool { return p.Table == c.Table }) {
		return &driver.Error{Kind: driver.Missing, Text: fmt.Sprintf("%s of %s has no table %q; want one of %s", c.Product, c.Period, c.Table, tables(m))}
	}
	if methods := methodsOf(m, c.Table); c.Method != "" && !slices.Contains(methods, c.Method) {
		return &driver.Error{Kind: driver.Missing, Text: fmt.Sprintf("%s of %s has no estimate of %s by %.40q; it has %s", c.Product, c.Period, c.Table, c.Method, strings.Join(methods, ", "))}
	}
	o := export.Options{Format: c.Format, Kind: c.Kind, Method: c.Method, Labels: c.Labels, Where: where, Over: c.Over}
	if c.To == "" {
		return c.write(os.Stdout, store, m.ID, o)
	}
	err = atOnce(c.To, func(draft io.Writer) error { return c.write(draft, store, m.ID, o) })
	if err == nil {
		out.say("wrote      %s: %s of %s, table %s", c.To, c.Product, c.Period, c.Table)
	}
	return err
}

// atOnce writes a file that appears when it is whole; nothing is left of one that fails.
func atOnce(path string, write func(io.Writer) error) error {
	draft, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	if err := errors.Join(write(draft), draft.Chmod(0o644), draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), path)
}

func (c *exportCmd) write(to io.Writer, store release.Store, id string, o export.Options) error {
	buffered := bufio.NewWriter(to)
	if err := export.Write(buffered, store, id, c.Table, o); err != nil {
		return &driver.Error{Kind: driver.Invalid, Text: err.Error()}
	}
	return buffered.Flush()
}

func tables(m release.Manifest) string {
	var names []string
	for _, p := range m.Parts {
		names = append(names, p.Table)
	}
	return strings.Join(names, ", ")
}

// methodsOf lists by which methods a table is estimated.
func methodsOf(m release.Manifest, table string) []string {
	var methods []string
	for _, n := range export.Names(m) {
		if n.Kind == release.Estimate && n.Table == table {
			methods = append(methods, n.Method)
		}
	}
	return methods
}

// find returns the newest revision of a product and period.
func (c *exportCmd) find(store release.Store) (release.Manifest, error) {
	list, err := store.Heads()
	if err != nil {
		return release.Manifest{}, err
	}
	var best *release.Head
	var have []string
	for _, m := range list {
		if m.Product == c.Product {
			have = append(have, m.Period.Name)
		}
		if m.Product == c.Product && m.Period.Name == c.Period && (best == nil || m.Revision > best.Revision) {
			best = &m
		}
	}
	if best == nil {
		return release.Manifest{}, &driver.Error{Kind: driver.Missing, Text: fmt.Sprintf("there is no %s of %s in %s; it has %s", c.Product, c.Period, here(c.Dir), what(c.Product, have, store))}
	}
	return store.Manifest(best.ID)
}

// what says what there is instead: periods of the product, or products.
func what(product string, periods []string, store release.Store) string {
	if len(periods) > 0 {
		return product + " of " + short(periods)
	}
	list, _ := store.Heads()
	var products []string
	for _, m := range list {
		if !slices.Contains(products, m.Product) {
			products = append(products, m.Product)
		}
	}
	if len(products) == 0 {
		return "no releases"
	}
	return "the products " + strings.Join(products, ", ")
}

func short(list []string) string {
	if len(list) > 6 {
		return strings.Join(list[:3], ", ") + ", ... " + strings.Join(list[len(list)-2:], ", ")
	}
	return strings.Join(list, ", ")
}
