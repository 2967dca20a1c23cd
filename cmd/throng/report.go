package main

import (
	"strings"

	"github.com/throng-stats/throng/privacy/ledger"
)

// sayReport prints what a verification found.
func sayReport(out *screen, r ledger.Report, releases int, dir string) {
	out.say("ledger     %s, scope %s, %s, chain and sums recomputed", r.LedgerID, r.Summary.Scope, plural(int64(r.Records), "record"))
	if dir != "" {
		out.say("releases   %d in %s compared with it", releases, here(dir))
	} else {
		out.say("releases   not compared; name their folder with --releases")
	}
	if r.Open > 0 {
		out.say("open       %s neither published nor burnt; the next run settles that", plural(int64(r.Open), "booking"))
	}
	if r.Torn > 0 {
		out.say("torn       %s of a last line that a crash cut; nothing was drawn for it", plural(int64(r.Torn), "byte"))
	}
	if r.OK() {
		out.say("verified   no violation")
	}
	for _, v := range r.Violations {
		out.say("VIOLATION  %s", strings.TrimPrefix(v, "ledger: "))
	}
}
