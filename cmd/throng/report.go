package main

import "github.com/throng-stats/throng/privacy/ledger"

// sayReport prints what a verification found.
func sayReport(out *screen, r ledger.Report, releases int, dir string) {
	out.say("ledger     %s, scope %s, %s records, chain and sums recomputed", r.LedgerID, r.Summary.Scope, number(int64(r.Records)))
	if dir != "" {
		out.say("releases   %d in %s compared with it", releases, dir)
	} else {
		out.say("releases   not compared; name their folder with --releases")
	}
	if r.Open > 0 {
		out.say("open       %d bookings are neither published nor burnt; the next run settles them", r.Open)
	}
	if r.Torn > 0 {
		out.say("torn       %d bytes of a last line that a crash cut; nothing was drawn for it", r.Torn)
	}
	if r.OK() {
		out.say("verified   no violation")
	}
	for _, v := range r.Violations {
		out.say("VIOLATION  %s", v)
	}
}
