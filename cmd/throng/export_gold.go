package main

import (
	"io"
	"os"
	"path/filepath"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/serve/export/multimno"
)

// gold writes the gold tables of the European reference pipeline into a folder. A file that is there already is replaced:
// it was that of an older revision, or the same.
func (c *exportCmd) gold(out *screen, store release.Store) error {
	invalid := func(text string) error { return &driver.Error{Kind: driver.Invalid, Text: text} }
	if c.To == "" {
		return invalid("--format multimno writes folders; give the one in which they lie by --to DIR")
	}
	if c.Table != "total" || c.Kind != release.Estimate || c.Method != "" || c.Labels != "" || len(c.Where) > 0 {
		return invalid("--format multimno writes whole linear estimates; leave out TABLE, --kind, --method, --labels and --where")
	}
	files, notes, err := multimno.Plan(store, c.Product, c.Period)
	for _, note := range notes {
		out.say("note       %s", note)
	}
	if err != nil {
		return invalid(err.Error())
	}
	count := map[string]int{}
	for _, f := range files {
		if err := os.MkdirAll(filepath.Join(c.To, f.Table), 0o755); err != nil {
			return err
		}
		err := atOnce(filepath.Join(c.To, f.Table, f.Name), func(draft io.Writer) error {
			rows, err := f.Write(draft)
			count[f.Table] += rows
			return err
		})
		if err != nil {
			return invalid(err.Error())
		}
	}
	for i, f := range files {
		if i == 0 || files[i-1].Table != f.Table {
			out.say("wrote      %s: %s", filepath.Join(c.To, f.Table), plural(int64(count[f.Table]), "row"))
		}
	}
	return nil
}
