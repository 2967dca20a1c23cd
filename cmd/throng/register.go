package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/reckon/register"
	"github.com/throng-stats/throng/release"
)

// registerCmd is throng register.
type registerCmd struct {
	File string `arg:"" help:"File that describes a public register, YAML."`
	CSV  string `name:"csv" help:"Also write every figure to this file, as CSV." placeholder:"FILE"`
}

// Help is what throng register --help adds.
func (registerCmd) Help() string {
	return `Reads a public register of public bodies: what they spend, and whether classes of firms are inspected, fined or chosen alike. Bodies that
spend unlike the others are marked by a robust rule (modified z-score of the logarithm beyond 3.5); rates and their differences have
95 % intervals. Registers are public and exact: no noise, no ledger, and no column of a person is admitted.

    throng register procurement.yaml
    throng register inspections.yaml --csv rates.csv`
}

// Run reads the register and prints what it says.
func (c *registerCmd) Run(out *screen) error {
	r, err := config.ReadRegister(c.File)
	if err != nil {
		return err
	}
	rows, err := r.Rows()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(r.Path())
	if err != nil {
		return err
	}
	said := registered{Register: r.Register.ID, Source: r.Register.Source, SHA256: release.Digest(text), Data: r.Data, Currency: r.Register.Currency,
		Spending: []spent{}, Classes: []classSpent{}, Rates: []register.Rate{}, Differences: []register.Difference{}}
	if r.Has("amount") {
		sums, err := register.Spending(rows)
		if err != nil {
			return &driver.Error{Kind: driver.Invalid, Text: err.Error()}
		}
		for _, s := range sums {
			said.Spending = append(said.Spending, spentOf(s, r.Register.Currency))
		}
	}
	if r.Has("amount") && r.Has("class") {
		for _, c := range register.ByClass(rows) {
			said.Classes = append(said.Classes, classOf(c, r.Register.Currency))
		}
	}
	if r.Has("outcome") {
		if said.Rates, said.Differences, err = register.Rates(rows); err != nil {
			return &driver.Error{Kind: driver.Invalid, Text: err.Error()}
		}
	}
	if c.CSV != "" {
		if err := atOnce(c.CSV, said.csv); err != nil {
			return err
		}
	}
	out.say("register   %s: %s, %s; public and exact", r.Register.Name, plural(int64(len(rows)), "row"), r.Register.Source)
	said.say(out, r.Has("size"))
	return out.result(said)
}

// registered is the answer.
type registered struct {
	Register    string                `json:"register"`
	Source      string                `json:"source"`
	SHA256      string                `json:"sha256"` // of the register
	Data        string                `json:"data"`
	Currency    string                `json:"currency,omitempty"`
	Spending    []spent               `json:"spending"`
	Classes     []classSpent          `json:"classes"`
	Rates       []register.Rate       `json:"rates"`
	Differences []register.Difference `json:"differences"`
}

// spent is what a body spends on a category, in units of the currency.
type spent struct {
	Category  string   `json:"category"`
	Authority string   `json:"authority"`
	Rows      int64    `json:"rows"`
	Amount    string   `json:"amount"`
	PerSize   float64  `json:"per_size"`
	Score     *float64 `json:"score"` // null where it is not judged
	Outlier   bool     `json:"outlier"`
}

func spentOf(s register.Sum, currency string) spent {
	e := throng.Exponent(currency)
	one := spent{Category: s.Category, Authority: s.Authority, Rows: s.Rows, Amount: throng.FormatAmount(s.Amount, e), PerSize: s.PerSize / math.Pow10(e), Outlier: s.Outlier}
	if !math.IsNaN(s.Score) {
		one.Score = &s.Score
	}
	return one
}

// classSpent is what goes to a class of firms, in units of the currency.
type classSpent struct {
	Class  string   `json:"class"`
	Rows   int64    `json:"rows"`
	Amount string   `json:"amount"`
	Share  *float64 `json:"share"` // of all; null where nothing is spent
}

func classOf(c register.ClassSum, currency string) classSpent {
	one := classSpent{Class: c.Class, Rows: c.Rows, Amount: throng.FormatAmount(c.Amount, throng.Exponent(currency))}
	if !math.IsNaN(c.Share) {
		one.Share = &c.Share
	}
	return one
}

func (r registered) say(out *screen, sized bool) {
	if len(r.Spending) > 0 {
		r.saySpending(out, sized)
	}
	if len(r.Classes) > 0 {
		rows := [][]string{{"class", " rows", " " + r.Currency, " share %"}}
		for _, c := range r.Classes {
			share := noFigure
			if c.Share != nil {
				share = percent(*c.Share)
			}
			rows = append(rows, []string{c.Class, number(c.Rows), c.Amount, share})
		}
		out.table("classes", rows)
	}
	if len(r.Rates) > 0 {
		r.sayRates(out)
	}
}

func percent(v float64) string { return fmt.Sprintf("%.1f", 100*v) }

func (r registered) saySpending(out *screen, sized bool) {
	per := " amount"
	if sized {
		per = " per size"
	}
	rows := [][]string{{"category", "authority", " rows", " " + r.Currency, per, " score", "outlier"}}
	judged := true
	for _, s := range r.Spending {
		score, outlier := noFigure, ""
		if s.Score != nil {
			score = fmt.Sprintf("%.2f", *s.Score)
		}
		judged = judged && s.Score != nil
		if s.Outlier {
			outlier = "outlier"
		}
		rows = append(rows, []string{s.Category, s.Authority, number(s.Rows), s.Amount, fmt.Sprintf("%.2f", s.PerSize), score, outlier})
	}
	out.table("spending", rows)
	out.say("rule       modified z-score of the logarithm among the bodies of a category, beyond %g (Iglewicz and Hoaglin 1993)", register.Limit)
	if !judged {
		out.say("           %s: nothing is spent, or fewer than %d bodies spend on the category", noFigure, register.LeastBodies)
	}
}

func (r registered) sayRates(out *screen) {
	rows := [][]string{{"authority", "class", " rows", " outcome", " %", " from", " to"}}
	for _, one := range r.Rates {
		rows = append(rows, []string{everybody(one.Authority), one.Class, number(one.Rows), number(one.Hits), percent(one.Share), percent(one.Lo), percent(one.Hi)})
	}
	out.table("rates", rows)
	rows = [][]string{{"authority", "class", "less", " points", " from", " to", "differ"}}
	for _, d := range r.Differences {
		differ := ""
		if d.Differ {
			differ = "differ"
		}
		rows = append(rows, []string{everybody(d.Authority), d.Class, d.Other, fmt.Sprintf("%+.1f", 100*d.Difference), fmt.Sprintf("%+.1f", 100*d.Lo), fmt.Sprintf("%+.1f", 100*d.Hi), differ})
	}
	if len(rows) > 1 {
		out.table("compared", rows)
	}
	out.say("intervals  95 %% each, of Wilson and of Newcombe 1998; of 20 comparisons of equal rates one differs by chance")
}

// everybody names all bodies together.
func everybody(authority string) string {
	if authority == "" {
		return "all"
	}
	return authority
}

// csv writes the figures, RFC 4180.
func (r registered) csv(to io.Writer) error {
	out := csv.NewWriter(to)
	out.UseCRLF = true
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }
	_ = out.Write([]string{"register", "figure", "authority", "category", "class", "less", "rows", "value", "lo", "hi", "score", "marked"})
	for _, s := range r.Spending {
		score := ""
		if s.Score != nil {
			score = f(*s.Score)
		}
		_ = out.Write([]string{r.Register, "spending", s.Authority, s.Category, "", "", strconv.FormatInt(s.Rows, 10), s.Amount, "", "", score, strconv.FormatBool(s.Outlier)})
	}
	for _, c := range r.Classes {
		share := ""
		if c.Share != nil {
			share = f(*c.Share)
		}
		_ = out.Write([]string{r.Register, "spending", "all", "", c.Class, "", strconv.FormatInt(c.Rows, 10), c.Amount, "", "", "", ""})
		_ = out.Write([]string{r.Register, "share of spending", "all", "", c.Class, "", "", share, "", "", "", ""})
	}
	for _, one := range r.Rates {
		_ = out.Write([]string{r.Register, "rate", everybody(one.Authority), "", one.Class, "", strconv.FormatInt(one.Rows, 10), f(one.Share), f(one.Lo), f(one.Hi), "", ""})
	}
	for _, d := range r.Differences {
		_ = out.Write([]string{r.Register, "difference", everybody(d.Authority), "", d.Class, d.Other, "", f(d.Difference), f(d.Lo), f(d.Hi), "", strconv.FormatBool(d.Differ)})
	}
	out.Flush()
	return out.Error() // the first one of all writes
}
