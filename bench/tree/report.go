package main

import (
	"fmt"
	"strings"

	"github.com/throng-stats/throng/privacy/account"
)

// report writes the tables in Markdown.
func report(o *options, w *world, ways []*way, all []score) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d people, %d days, one of %d hours, %d draws, %d perimeters of each size, seed %d. Units:", o.people, o.days, o.every, o.draws, o.perimeters, o.seed)
	for i, u := range ways {
		n := u.n
		if len(u.tree.Blocks) == 0 {
			n = len(w.ground.zones.Finest())
		}
		fmt.Fprintf(&b, "%s %s %d", map[bool]string{true: ",", false: ""}[i > 0], u.name, n)
	}
	b.WriteString(".\n")
	for _, size := range append([]string{"municipality"}, names()...) {
		fmt.Fprintf(&b, "\n**%s**, %.0f people in the mean.\n\n", strings.ToUpper(size[:1])+size[1:], truthOf(all, size))
		b.WriteString("| counted by | estimate | error without noise |")
		for _, budget := range budgets {
			fmt.Fprintf(&b, " rho %s: bias | error | noise part | off by |", account.Decimal(budget))
		}
		b.WriteString("\n|---|---|---|" + strings.Repeat("---|---|---|---|", len(budgets)) + "\n")
		for _, u := range ways {
			for _, by := range estimators {
				row(&b, u.name, by, size, all)
			}
		}
	}
	b.WriteString("\n")
	return b.String()
}

func names() (list []string) {
	for _, s := range sizes {
		list = append(list, s.name)
	}
	return list
}

func truthOf(all []score, size string) float64 {
	for _, s := range all {
		if s.size == size {
			return s.truth / s.n
		}
	}
	return 0
}

// row is a line of a table: one way and estimator at all budgets.
func row(b *strings.Builder, way, by, size string, all []score) {
	begun := false
	for _, budget := range budgets {
		for _, s := range all {
			if s.way != way || s.by != by || s.size != size || s.budget != budget {
				continue
			}
			if !begun {
				fmt.Fprintf(b, "| %s | %s | %.0f |", way, by, s.exactly())
				begun = true
			}
			fmt.Fprintf(b, " %+.0f | %.0f | %.0f | %.1f %% |", s.bias(), s.rmse(), s.noise(), 100*s.relative())
		}
	}
	if begun {
		b.WriteString("\n")
	}
}
