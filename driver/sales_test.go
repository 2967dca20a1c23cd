package driver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/serve/api"
)

// shops is a feed of purchases whose buyers, notes and amounts are poison: none of them may be in anything that leaves.
type shops struct{ dir, unit, money string }

const shopsMoney = "{currency: [EUR, JPY], bound: 200.00, total: 500.00, net: true, source: prices on the shelf, classes: [0, 10, 100]}"

func (s shops) write(t testing.TB, without int) *driver.Job {
	t.Helper()
	rows := "member,at,shop,lives,sort,paid,coin,note\n"
	for i := range 200 {
		buyer := i % 40
		if buyer == without {
			continue
		}
		coin, paid := "EUR", fmt.Sprintf("%d.%02d", 1+i*7%190, i%100)
		if i%5 == 0 {
			coin, paid = "JPY", fmt.Sprint(100+i*13)
		}
		if i%11 == 0 {
			paid = "-" + paid
		}
		rows += fmt.Sprintf("POISON-buyer-%d,2026-03-%02d,%s,%s,%s,%s,%s,POISON-note\n", buyer, 1+i%31, []string{"hill", "valley"}[i%2], []string{"hill", "valley"}[buyer%2], []string{"wine", "bread", "POISON-sort"}[i%3], paid, coin)
	}
	unit, column := s.unit, "    member: {as: buyer, type: text}\n"
	products := "[spending, market]"
	if unit == "purchase" {
		rows, column, products = strings.Replace(rows, "member,", "row,", 1), "    row: {as: purchase, type: text}\n", "[spending]"
	}
	for name, text := range map[string]string{
		"purchases.csv": rows, "towns.csv": "id,name,latitude,longitude,parent\nhill,Hill,48.85,2.35,country\nvalley,Valley,48.95,2.45,country\n",
		"contract.yaml": "throng: 1\nholder: {id: shops}\nagreement: {purpose: own-market, from: 2026-03-01, until: 2026-03-31}\ndata: synthetic\n" +
			"feed:\n  id: till\n  kind: purchases\n  unit: " + unit + "\n  files: purchases.csv\n  columns:\n" + column +
			"    at: {as: purchase_time, format: yyyy-MM-dd, zone: Europe/Paris}\n    shop: {as: place}\n    lives: {as: home}\n    sort: {as: category, list: [wine, bread]}\n" +
			"    paid: {as: amount, type: decimal}\n    coin: {as: currency}\n  drop: [note]\nclock: Europe/Paris\ncells: {file: towns.csv}\nzones: {from: cells, version: \"1\"}\n" +
			"products: " + products + "\nmoney: " + s.money + "\nprivacy: {shares: {spending/total: .040}}\n",
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Read(filepath.Join(s.dir, "contract.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := driver.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// publish runs the feed and gives what left: manifests, and every byte below the folder of releases by path.
func (s shops) publish(t testing.TB, without int) (list []release.Manifest, files map[string][]byte) {
	t.Helper()
	out, notes := filepath.Join(s.dir, "out"), ""
	if _, err := driver.Run(context.Background(), s.write(t, without), driver.RunOptions{Out: out, Code: "test 1", Note: func(text string) { notes += text }}); err != nil {
		t.Fatal(err)
	}
	store, err := disk.OpenReadOnly(out)
	if err != nil {
		t.Fatal(err)
	}
	if list, err = store.List(); err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{"notes": []byte(notes)}
	h := api.New(store, api.Options{IgnoreEmbargo: true})
	for _, q := range []string{"product=spending", "product=spending&over=buyers", "product=market&table=customers&over=residents", "product=market&table=customers&over=present"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/league?"+q, nil))
		if files["GET /v1/league?"+q] = w.Body.Bytes(); w.Code >= http.StatusInternalServerError {
			t.Errorf("%s: %d %s", q, w.Code, w.Body)
		}
	}
	for _, dir := range []string{out, out + "-state"} {
		err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files[path], err = os.ReadFile(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list, files
}

// TestSalesLeakNothing: no pseudonym, no text of a row that its list does not name, in releases, state or notes; and what leaves
// has the same shape without one buyer.
func TestSalesLeakNothing(t *testing.T) {
	list, files := shops{t.TempDir(), "buyer", shopsMoney}.publish(t, -1)
	if len(list) != 2 {
		t.Fatalf("%d releases, want spending and market", len(list))
	}
	for path, content := range files {
		if i := bytes.Index(content, []byte("POISON")); i >= 0 {
			t.Errorf("%s holds poison at byte %d", path, i)
		}
	}
	less, _ := shops{t.TempDir(), "buyer", shopsMoney}.publish(t, 7)
	for i, m := range list {
		if o := less[i]; fmt.Sprint(m.Parts, m.Options, m.Period, m.NotBefore) != fmt.Sprint(o.Parts, o.Options, o.Period, o.NotBefore) {
			t.Errorf("the manifest of %s tells whether a buyer is there", m.Product)
		}
	}
}

// TestSalesClaims: the claims of sums fit their schema, and say their unit, bound and where it comes from.
func TestSalesClaims(t *testing.T) {
	schema := readSchema(t, filepath.Join("..", "docs", "format", "claim.schema.json"))
	for _, c := range []struct {
		unit, money string
		first       string
		reach       string
		d2          float64
	}{
		// p = 5, B = 20,000 cents, S = 50,000: 2 B^2 + 10,000^2, four times in a month of net sums.
		{"buyer", shopsMoney, "Unit: buyer-day.", "four times that of the bound", 4 * (2*20_000*20_000 + 10_000*10_000)},
		{"buyer", "{currency: [EUR, JPY], bound: 200.00, source: prices on the shelf}", "Unit: buyer-day.", "twice that of the bound", 2 * 5 * 20_000 * 20_000},
		{"purchase", "{currency: [EUR, JPY], bound: 200.00, source: prices on the shelf}", "Weak unit: the feed names no person, so one purchase is protected", "charged rho once", 20_000 * 20_000},
	} {
		dir := t.TempDir()
		list, files := shops{dir, c.unit, c.money}.publish(t, -1)
		for _, m := range list {
			var v map[string]any
			text := files[filepath.Join(dir, "out", "release", m.ID, "claim.json")]
			if err := json.Unmarshal(text, &v); err != nil {
				t.Fatal(err)
			}
			for _, fault := range validate(schema, schema, v, m.Product) {
				t.Error(fault)
			}
			if m.Product != config.Spending {
				continue
			}
			table := v["products"].([]any)[0].(map[string]any)
			if !strings.HasPrefix(v["first_line"].(string), c.first) || !strings.Contains(table["reach"].(string), c.reach) || table["d2"] != c.d2 ||
				!strings.Contains(v["bounds_origin"].(string), "200.00 EUR: prices on the shelf") {
				t.Errorf("%s: got %q, %q, d2 %v, %q", c.unit, v["first_line"], table["reach"], table["d2"], v["bounds_origin"])
			}
			for _, language := range []string{"en", "fr", "zh"} {
				page := string(files[filepath.Join(dir, "out", "release", m.ID, "claim."+language+".md")])
				if strings.Contains(page, "<no value>") || strings.Contains(page, "weak ") || strings.Contains(page, "within a") {
					t.Errorf("%s: the page in %s has a word without a translation", c.unit, language)
				}
			}
		}
	}
}
