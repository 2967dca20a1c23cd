package config

import (
	"fmt"
	"slices"
	"strings"
)

// checkGroups is the validator of the rules that protect groups of people (privacy.md 27), as far as a contract alone can
// tell. The rest is told by tables and happens in the driver: the finest grain on public residents (27.1), quiet areas of
// a day (27.4) and inputs that were read under another scope (27.10). Keys for alerts (27.3) are refused where unknown keys
// are found, the profile of real data (27.7) where profiles are, and weak units (27.10) where units are.
func (c *Contract) checkGroups(find *findings) {
	c.checkPurpose(find)   // 27.5
	c.checkOrigins(find)   // 27.2, 27.8
	c.checkQuiet(find)     // 27.4
	c.checkPublicity(find) // 27.6
}

// noAlerts is what a key or product that would call somebody gets to read.
const noAlerts = "nothing calls back, warns or subscribes: a release is read whole by whoever wants it, and nothing of it is chosen by the listener; take this out"

// alertWords name call-backs, thresholds and subscriptions in English, French and Chinese; a word that ends with * stands
// for every word that begins with it.
var alertWords = []string{"alert*", "alarm*", "webhook*", "hook*", "callback*", "call back", "threshold*", "trigger*", "subscribe*", "subscription*", "notif*", "email*",
	"e mail", "mail", "mailto", "sms", "push", "watch", "listener*", "on exceed", "anomal*", "alerte*", "seuil*", "abonnement*", "abonne*", "declencheur*", "rappel", "courriel*"}

var alertStems = []string{"警报", "报警", "告警", "预警", "阈值", "订阅", "通知", "回调", "推送", "邮件"}

// alertWord reports whether a key or product is one of alerts (privacy.md 27.3).
func alertWord(name string) bool {
	words := tokens(name)
	joined := strings.Join(words, "")
	return slices.ContainsFunc(alertWords, func(phrase string) bool { return containsPhrase(words, phrase) }) ||
		slices.ContainsFunc(alertStems, func(stem string) bool { return strings.Contains(joined, stem) })
}

// publicBodies are the recipients that are public bodies: what one of them may read, everybody may read.
var publicBodies = []string{"municipality", "county", "province", "region", "state", "university", "statistics-office"}

// purposeOwnMarket is the only purpose whose results may stay private.
const purposeOwnMarket = "own-market"

// maxEmbargo is how many days a public body may read something before everybody may.
const maxEmbargo = 30

// checkPublicity holds embargo and privacy of results against rule 27.6.
func (c *Contract) checkPublicity(find *findings) {
	p := &c.Publish
	days, err := parseEmbargo(p.Embargo)
	switch {
	case err != nil:
		find.invalid("publish.embargo", "%v", err)
	case days > maxEmbargo:
		find.refuse("27.6", "publish.embargo", "got %s; what one public body may read, everybody may read after 30 days at the latest; write +30d or less", p.Embargo)
	case days > 0 && slices.Contains(c.Recipients, "public"):
		find.invalid("publish.embargo", "got %s, but the public is among the recipients; name the recipients who read earlier, or write none", p.Embargo)
	case days > 0 && p.Private:
		find.invalid("publish.embargo", "got %s for results that stay private; leave one of the two out", p.Embargo)
	}
	if !p.Private {
		return
	}
	if len(c.Agreement.Purpose) != 1 || c.Agreement.Purpose[0] != purposeOwnMarket {
		find.refuse("27.6", "publish.private", "only results for the purpose %s alone may stay private; leave it out, everybody reads them then", purposeOwnMarket)
	}
	for _, recipient := range c.Recipients {
		if recipient == "public" || slices.Contains(publicBodies, recipient) {
			find.refuse("27.6", "recipients", "%s reads the results, so they cannot stay private: what one public body may read, everybody may read; leave out publish.private", recipient)
		}
	}
}

// parseEmbargo reads "none" or "+14d".
func parseEmbargo(text string) (days int, err error) {
	if text == "none" {
		return 0, nil
	}
	n, err := fmt.Sscanf(text, "+%dd", &days)
	if n != 1 || err != nil || text != fmt.Sprintf("+%dd", days) || days < 1 {
		return 0, fmt.Errorf("got %.40q, want none, or days such as +14d", text)
	}
	return days, nil
}

// checkQuiet wants what quiet areas need (privacy.md 27.4): public residents, zones with levels, and a guardian who is
// complete.
func (c *Contract) checkQuiet(find *findings) {
	g := &c.Guardian
	if *g != (Guardian{}) {
		if g.File == "" || g.Signature == "" || g.Key == "" {
			find.invalid("quiet_guardian", "want file, key and signature together, or none of them")
		} else if _, err := publicKey(g.Key); err != nil {
			find.invalid("quiet_guardian.key", "%v", err)
		}
	}
	if c.Quiet == "" && *g == (Guardian{}) {
		return
	}
	if c.Feed.Kind == kindTrips || c.Cells.Kind == kindPlaces {
		find.refuse("27.4", "quiet", "quiet areas are named, but stations and airports are no zones with residents, so nobody can tell which 50,000 they are counted with; leave out the days on which areas are quiet")
	} else if c.Residents == "" {
		find.refuse("27.4", "quiet", "quiet areas are named, but no table of residents, so nobody can tell which 50,000 they are counted with; add residents: residents.csv")
	}
}
