package driver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/privacy/account"
	"github.com/throng-stats/throng/privacy/ledger"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files with what the code does")

// publishedWorld runs the small world once and opens what it published.
func publishedWorld(t *testing.T) (*world, release.Store, []release.Manifest) {
	t.Helper()
	w := newWorld(t)
	w.write(t)
	if _, err := driver.Run(context.Background(), w.job(t), driver.RunOptions{Out: w.out(), Code: "test 1"}); err != nil {
		t.Fatal(err)
	}
	store, err := disk.OpenReadOnly(w.out())
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.List()
	if err != nil || len(list) != 2*6+1 {
		t.Fatalf("%d releases (%v), want six products of two days and a month", len(list), err)
	}
	return w, store, list
}

func read(t *testing.T, store release.Store, id, path string) []byte {
	t.Helper()
	f, err := store.Open(id, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claimed are the fields of a claim that have numbers, read apart from the code that writes them.
type claimed struct {
	FirstLine  string `json:"first_line"`
	RhoRelease string `json:"rho_release"`
	RhoSpan    string `json:"rho_span"`
	SpanNote   string `json:"rho_span_note"`
	SpanMonth  string `json:"rho_span_of_month"`
	RhoDay     string `json:"rho_day"`
	Rho30      string `json:"rho_30"`
	Rho365     string `json:"rho_365"`
	Period     struct {
		From, To string
		Days     int64
	} `json:"period"`
	Group struct {
		RhoTwo string `json:"rho_two_units"`
	} `json:"group_rule"`
	Spent struct {
		Day     string `json:"most_of_its_days"`
		Days30  string `json:"most_of_30_days"`
		Days365 string `json:"most_of_365_days"`
	} `json:"spent"`
	Epsilon  map[string]map[string]string `json:"epsilon"`
	Accuracy string                       `json:"attacker_accuracy"`
	Products []struct {
		Table    string
		Cells    uint64 `json:"bound_cells"`
		PerCell  uint64 `json:"bound_per_cell"`
		Within   string `json:"bound_period"`
		D2       uint64
		DaysIn   int64 `json:"days_in_one_table"`
		Sigma2   uint64
		Rho      string
		RhoSpan  string `json:"rho_span"`
		Domain   []release.Axis
		Domained int `json:"domain_cells"`
		Tau      int64
	}
	Core        string `json:"manifest_core_sha256"`
	ContractSHA string `json:"contract_sha"`
	Ledger      struct {
		Seq  uint64
		Head string
	}
	Audit struct{ Status string }
}

// TestClaimNumbers recomputes every number of every claim from the lines of the ledger, the manifest and the contract.
func TestClaimNumbers(t *testing.T) {
	w, store, list := publishedWorld(t)
	records, err := ledger.Read(ledger.Disk(filepath.Join(w.state(), "ledger")))
	if err != nil {
		t.Fatal(err)
	}
	month, _, _ := uptoBooking(records, list[slices.IndexFunc(list, func(m release.Manifest) bool { return m.Product == "flows-month" })].ID)
	spanOfMonth := account.Decimal(month.RhoSpan)
	for _, m := range list {
		var c claimed
		if err := json.Unmarshal(read(t, store, m.ID, "claim.json"), &c); err != nil {
			t.Fatal(err)
		}
		name := m.Product + " " + m.Period.Name
		check := func(what string, got, want any) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %s is %v, want %v", name, what, got, want)
			}
		}
		booked, spent, caps := uptoBooking(records, m.ID)
		rho := int64(0)
		for _, p := range booked.Parts {
			rho += p.Rho
		}
		days := int64(1)
		if m.Product == "flows-month" {
			days = worldDays
		}
		check("rho_release", c.RhoRelease, account.Decimal(rho))
		check("rho_span", c.RhoSpan, account.Decimal(rho*days*days))
		check("the ledger's span", booked.RhoSpan, rho*days*days)
		check("rho_two_units", c.Group.RhoTwo, account.Decimal(4*rho))
		check("rho_day", c.RhoDay, account.Decimal(caps.Day))
		check("rho_30", c.Rho30, account.Decimal(caps.Days30))
		check("rho_365", c.Rho365, account.Decimal(caps.Days365))
		check("period", c.Period.From+c.Period.To, booked.Charges[0].From+booked.Charges[0].To)
		check("days of the period", c.Period.Days, days)
		worst := max(spent[c.Period.From], spent[c.Period.To])
		sum := int64(0)
		for _, v := range spent {
			sum += v
		}
		check("spent", c.Spent.Day, account.Decimal(worst))
		check("spent in 30 days", c.Spent.Days30, account.Decimal(sum))
		check("spent in 365 days", c.Spent.Days365, account.Decimal(sum))
		for delta, e := range c.Epsilon {
			for field, nano := range map[string]int64{"rho_release": rho, "rho_span": rho * days * days, "two_units": 4 * rho, "rho_day": caps.Day, "rho_30": caps.Days30, "rho_365": caps.Days365} {
				tight(t, name+" epsilon "+field, e[field], float64(nano)/account.Nano, delta)
			}
		}
		check("deltas", len(c.Epsilon), 2)
		mu := math.Sqrt(2 * float64(rho) / account.Nano)
		check("accuracy", c.Accuracy, fmt.Sprintf("%.1f %%", math.Ceil(1000*(1-math.Erfc(mu/2/math.Sqrt2)/2))/10))
		check("tables", len(c.Products), len(m.Parts))
		for i, p := range m.Parts {
			of := c.Products[i]
			cells := 1
			for _, a := range p.Domain {
				cells *= a.Codes
			}
			check("table", of.Table, p.Table)
			check("booked table", booked.Parts[i].Table, p.Table)
			check("D2", of.D2, p.D2)
			check("D2 from the bound", of.Cells*of.PerCell*of.PerCell, p.D2)
			check("what the bound speaks of", of.Within, "day")
			check("booked D2", booked.Parts[i].D2, p.D2)
			check("variance", of.Sigma2, p.Sigma2)
			check("booked variance", booked.Parts[i].Sigma2, p.Sigma2)
			check("rho of the table", of.Rho, account.Decimal((int64(p.D2)*account.Nano+2*int64(p.Sigma2)-1)/(2*int64(p.Sigma2))))
			check("span of the table", of.RhoSpan, account.Decimal(p.Rho*days*days))
			check("days in the table", of.DaysIn, days)
			check("domain", fmt.Sprint(of.Domain), fmt.Sprint(p.Domain))
			check("cells", of.Domained, cells)
			check("tau", of.Tau, p.Tau)
		}
		check("ledger", fmt.Sprint(c.Ledger), fmt.Sprint(m.Ledger))
		check("contract", c.ContractSHA, m.ContractSHA)
		check("audit", c.Audit.Status, "not run")
		core := m
		core.Files = nil
		text, _ := json.Marshal(core)
		check("manifest", c.Core, release.Digest(text))
		check("span of the month", c.SpanMonth, spanOfMonth)
		if !strings.Contains(c.SpanNote, "k times k") || !strings.Contains(c.SpanNote, spanOfMonth) {
			t.Errorf("%s: the note on the span is %q, want what a month costs, %s", name, c.SpanNote, spanOfMonth)
		}
	}
}

// uptoBooking reads the ledger up to the booking of a release: the booking, what each day bears then, and the caps.
func uptoBooking(records []ledger.Record, id string) (*ledger.Booking, map[string]int64, ledger.Caps) {
	var caps ledger.Caps
	spent := map[string]int64{}
	for _, r := range records {
		switch b := r.Body.(type) {
		case *ledger.CapsSet:
			caps = b.Caps
		case *ledger.Booking:
			for d := b.Charges[0].From; d <= b.Charges[0].To; d = worldDay(map[string]int{worldDay(0): 1, worldDay(1): 9}[d]) {
				spent[d] += b.Charges[0].Rho
			}
			if b.ReleaseID == id {
				return b, spent, caps
			}
		}
	}
	return nil, nil, caps
}

// tight wants an epsilon that is proved at delta and, less two hundredths, is not.
func tight(t *testing.T, name, shown string, rho float64, delta string) {
	t.Helper()
	eps, err := strconv.ParseFloat(shown, 64)
	d, err2 := strconv.ParseFloat(delta, 64)
	if err != nil || err2 != nil {
		t.Fatalf("%s: %v %v", name, err, err2)
	}
	if account.Delta(rho, eps) > d*(1+1e-9) || account.Delta(rho, eps-.02) <= d {
		t.Errorf("%s: %s at delta %s is not the epsilon of rho %v", name, shown, delta, rho)
	}
}

// TestClaimsFitTheirSchema validates real claims against docs/format/claim.schema.json, and shows that the schema is no
// open door.
func TestClaimsFitTheirSchema(t *testing.T) {
	schema := readSchema(t, filepath.Join("..", "docs", "format", "claim.schema.json"))
	_, store, list := publishedWorld(t)
	for _, m := range list {
		var v map[string]any
		if err := json.Unmarshal(read(t, store, m.ID, "claim.json"), &v); err != nil {
			t.Fatal(err)
		}
		for _, fault := range validate(schema, schema, v, m.Product) {
			t.Error(fault)
		}
		for name, spoil := range map[string]func(map[string]any){
			"missing": func(c map[string]any) { delete(c, "rho_span") }, "unknown": func(c map[string]any) { c["rumour"] = 1. },
			"number": func(c map[string]any) { c["rho_day"] = .1 }, "word": func(c map[string]any) { c["data"] = "secret" },
			"digest": func(c map[string]any) { c["contract_sha"] = "abc" },
			"inside": func(c map[string]any) { c["products"].([]any)[0].(map[string]any)["sigma2"] = 0. },
		} {
			copied := map[string]any{}
			text, _ := json.Marshal(v)
			json.Unmarshal(text, &copied)
			spoil(copied)
			if len(validate(schema, schema, copied, name)) == 0 {
				t.Errorf("%s: the schema takes a spoilt claim", name)
			}
		}
	}
}

// TestRegistry validates registry.yaml against what the schema of the registry demands (testdata/registry.schema.json: its
// names, types, lists and required fields as of 2026-07).
func TestRegistry(t *testing.T) {
	schema := readSchema(t, filepath.Join("testdata", "registry.schema.json"))
	_, store, list := publishedWorld(t)
	for _, m := range list {
		text := read(t, store, m.ID, "registry.yaml")
		var v map[string]any
		if err := yaml.Unmarshal(text, &v); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		plain, err := json.Marshal(v) // the types of JSON
		if err != nil {
			t.Fatal(err)
		}
		v = map[string]any{}
		json.Unmarshal(plain, &v)
		for _, fault := range validate(schema, schema, v, m.Product) {
			t.Error(fault)
		}
		var c claimed
		json.Unmarshal(read(t, store, m.ID, "claim.json"), &c)
		p := v["deployment"].(map[string]any)["privacy_loss"].(map[string]any)["privacy_parameters"].(map[string]any)
		if fmt.Sprint(p["rho"]) != c.RhoDay || fmt.Sprintf("%.2f", p["epsilon"]) != c.Epsilon["1e-9"]["rho_day"] || p["delta"] != 1e-9 || v["status"] != "Draft" || v["tier"] != 3. {
			t.Errorf("%s: parameters %v, status %v, tier %v", m.Product, p, v["status"], v["tier"])
		}
	}
}

// TestPages: the pages of a claim show the same losses in the same order in every language, those of the claim, and one
// page in each language is kept as a golden file.
func TestPages(t *testing.T) {
	_, store, list := publishedWorld(t)
	figures := regexp.MustCompile(`\| \d+(\.\d+)? \| \d+\.\d\d \| \d+\.\d\d \|`)
	for _, m := range list {
		var c claimed
		json.Unmarshal(read(t, store, m.ID, "claim.json"), &c)
		var want []string
		for _, line := range [][2]string{{c.RhoRelease, "rho_release"}, {c.RhoSpan, "rho_span"}, {c.Group.RhoTwo, "two_units"}, {c.RhoDay, "rho_day"}, {c.Rho30, "rho_30"}, {c.Rho365, "rho_365"}} {
			want = append(want, fmt.Sprintf("| %s | %s | %s |", line[0], c.Epsilon["1e-9"][line[1]], c.Epsilon["1e-6"][line[1]]))
		}
		for _, language := range []string{"en", "fr", "zh"} {
			page := string(read(t, store, m.ID, "claim."+language+".md"))
			if got := figures.FindAllString(page, -1); !slices.Equal(got, want) {
				t.Errorf("%s, %s: losses are %v, want %v", m.Product, language, got, want)
			}
			if strings.Contains(page, "<no value>") || !strings.Contains(page, c.Accuracy) {
				t.Errorf("%s, %s: the page is incomplete", m.Product, language)
			}
			if strings.Count(page, "k × k") != 2 || !strings.Contains(page, c.SpanMonth) {
				t.Errorf("%s, %s: what a sum of days costs is told %d times", m.Product, language, strings.Count(page, "k × k"))
			}
			if m.Product == "flows-month" || m.Product == "present" && m.Period.Name == worldDay(0) {
				goldenPage(t, "claim-"+m.Product+"."+language+".md", page)
			}
		}
	}
}

// goldenPage compares a page with a file, digests aside, which differ from run to run.
func goldenPage(t *testing.T, name, page string) {
	t.Helper()
	page = regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllString(page, "DIGEST")
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if page != string(want) {
		t.Errorf("%s differs from what is written; -rewrite accepts it. got\n%s", path, page)
	}
}
