package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/serve/export"
)

// exportCmd is throng export.
type exportCmd struct {
	Dir     string   `arg:"" help:"Folder of releases." type:"existingdir"`
	Product string   `arg:"" help:"Product, such as present."`
	Period  string   `arg:"" help:"Day or month, such as 2026-02-02."`
	Table   string   `arg:"" help:"Table, such as total, gender, age, origin." default:"total" optional:""`
	Format  string   `help:"csv or geojson." enum:"csv,geojson" default:"csv"`
	Kind    string   `help:"estimate (people, with margins) or measured (noisy whole numbers)." enum:"estimate,measured" default:"estimate"`
	Labels  string   `help:"Names of zones: name or both." enum:",name,both" default:""`
	Where   []string `help:"Only these codes, such as zone=77001 (may be given several times)." placeholder:"DIM=CODE"`
	To      string   `help:"File to write; standard output when it is not given." short:"o" placeholder:"FILE"`
}

// Run writes one table.
func (c *exportCmd) Run(out *screen) error {
	store, err := disk.OpenReadOnly(c.Dir)
	if err != nil {
		return err
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
	to := os.Stdout
	if c.To != "" {
		if to, err = os.Create(c.To); err != nil {
			return &driver.Error{Kind: driver.Missing, Text: err.Error()}
		}
		defer to.Close()
	}
	buffered := bufio.NewWriter(to)
	if err := export.Write(buffered, store, m.ID, c.Table, export.Options{Format: c.Format, Kind: c.Kind, Labels: c.Labels, Where: where}); err != nil {
		return &driver.Error{Kind: driver.Invalid, Text: err.Error()}
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if c.To != "" {
		out.say("wrote      %s: %s %s %s", c.To, c.Product, c.Period, c.Table)
		return to.Close()
	}
	return nil
}

// find returns the newest revision of a product and period.
func (c *exportCmd) find(store release.Store) (release.Manifest, error) {
	list, err := store.List()
	if err != nil {
		return release.Manifest{}, err
	}
	var best *release.Manifest
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
		return release.Manifest{}, &driver.Error{Kind: driver.Missing, Text: fmt.Sprintf("there is no %s of %s in %s; there are %d periods: %s", c.Product, c.Period, c.Dir, len(have), short(have))}
	}
	return *best, nil
}

func short(list []string) string {
	if len(list) > 6 {
		return strings.Join(list[:3], ", ") + ", ... " + strings.Join(list[len(list)-2:], ", ")
	}
	return strings.Join(list, ", ")
}
