package config

import (
	"slices"
	"strings"
)

// Purposes are the closed list of what a feed may be used for (privacy.md 27.5).
var Purposes = []string{"transport", "planning", "statistics", "tourism", "health", "education", "disaster", "safety", "research", "own-market"}

// Recipients are the closed list of kinds of body that read results: those that serve a purpose of the list, and these.
// Names of bodies belong into agreement.text.
var Recipients = append(slices.Clone(Purposes), "public", "holder", "municipality", "county", "province", "region", "state", "university", "statistics-office")

// purposeSafety is crowd safety: totals only.
const purposeSafety = "safety"

// forbidden is one use that is on no list, with the words that name it in English, French and Chinese. A word that ends
// with * stands for every word that begins with it.
type forbidden struct {
	what  string
	words []string
	stems []string // of Chinese
}

// forbiddenUses are the uses that privacy.md 27.5 names.
var forbiddenUses = []forbidden{
	{"policing of persons or groups",
		[]string{"police", "polic*", "law enforcement", "gendarm*", "sheriff", "prosecut*", "procureur", "crime", "criminal*", "criminel*", "counterterror*", "counter terror*", "antiterror*", "anti terror*",
			"maintien de l ordre", "forces de l ordre", "public security", "surveillance of persons", "surveillance des personnes"},
		[]string{"警察", "警方", "警务", "公安", "执法", "刑侦", "维稳", "治安", "反恐"}},
	{"immigration control",
		[]string{"immigration", "border control", "border guard", "border force", "border police", "frontex", "deport*", "expulsion*", "controle aux frontieres", "controle des frontieres", "police aux frontieres",
			"garde frontiere", "asylum control", "illegal migra*", "irregular migra*", "sans papiers", "undocumented"},
		[]string{"移民管理", "移民局", "移民控制", "移民管制", "出入境", "边检", "边防", "边境管控", "遣返", "非法移民"}},
	{"intelligence",
		[]string{"intelligence", "secret service*", "spy", "spying", "espion*", "renseignement", "renseignements", "services secrets", "service secret", "homeland security", "national security", "securite nationale", "securite interieure"},
		[]string{"情报", "国安", "国家安全", "间谍", "特务"}},
	{"credit",
		[]string{"credit*", "creditworth*", "loan", "loans", "lender*", "lending", "solvabilite", "pret bancaire", "prets bancaires", "insurance pricing", "scoring"},
		[]string{"信用", "征信", "信贷", "贷款", "授信"}},
	{"employment",
		[]string{"employment", "employer*", "employee*", "employeur*", "employe", "employes", "hiring", "recruit*", "recrut*", "embauche*", "human resources", "ressources humaines", "hr", "rh", "drh", "emploi", "emplois", "workforce monitoring", "staff monitoring", "attendance of staff"},
		[]string{"就业", "雇佣", "雇主", "雇员", "招聘", "人事", "人力资源", "员工", "考勤"}},
}

// forbiddenUse finds the forbidden use that a text names, or nil.
func forbiddenUse(text string) *forbidden {
	words := tokens(text)
	for i := range forbiddenUses {
		use := &forbiddenUses[i]
		named := slices.ContainsFunc(use.words, func(phrase string) bool { return containsPhrase(words, phrase) })
		// Chinese text may have spaces or signs between its characters.
		joined := strings.Join(words, "")
		if named || slices.ContainsFunc(use.stems, func(stem string) bool { return strings.Contains(joined, stem) }) {
			return use
		}
	}
	return nil
}

func containsPhrase(words []string, phrase string) bool {
	want := strings.Fields(phrase)
	for i := 0; i+len(want) <= len(words); i++ {
		if slices.EqualFunc(words[i:i+len(want)], want, sameWord) {
			return true
		}
	}
	return false
}

func sameWord(got, want string) bool {
	if stem, open := strings.CutSuffix(want, "*"); open {
		return strings.HasPrefix(got, stem) && !slices.Contains(harmless, got)
	}
	return got == want
}

// harmless are words that begin like a forbidden one and mean something else.
var harmless = []string{"policy", "policies", "credits"}

// checkPurpose holds purpose, text and recipients against the closed lists.
func (c *Contract) checkPurpose(find *findings) {
	c.checkUse(find, "agreement.text", c.Agreement.Text)
	if len(c.Agreement.Purpose) == 0 {
		find.invalid("agreement.purpose", "got nothing, want one or more of: %s", strings.Join(Purposes, " "))
	}
	for _, purpose := range c.Agreement.Purpose {
		if c.checkUse(find, "agreement.purpose", purpose) && !slices.Contains(Purposes, purpose) {
			find.invalid("agreement.purpose", "%.60q is not on the closed list of purposes; %s; put the sentence for people into agreement.text", purpose, didYouMean(purpose, Purposes))
		}
	}
	for _, recipient := range c.Recipients {
		if c.checkUse(find, "recipients", recipient) && !slices.Contains(Recipients, recipient) {
			find.invalid("recipients", "%.60q is not on the closed list of recipients; %s; put names of bodies into agreement.text", recipient, didYouMean(recipient, Recipients))
		}
	}
	if slices.Contains(c.Agreement.Purpose, purposeSafety) && (c.has("gender") || c.has("age") || c.has("origin")) {
		find.refuse("27.5", "agreement.purpose", "safety means crowd safety: totals only; leave gender, age and origin out of attributes and feed.columns")
	}
}

// checkUse refuses a text that names a forbidden use, and reports whether it does not.
func (c *Contract) checkUse(find *findings, key, text string) bool {
	use := forbiddenUse(text)
	if use != nil {
		find.refuse("27.5", key, "it names %s, which is on no list of purposes; Throng is not made for it (allowed: %s)", use.what, strings.Join(Purposes, " "))
	}
	return use == nil
}
