package driver

import (
	"bytes"
	"embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/template"

	"github.com/throng-stats/throng/privacy/account"
)

// languages are those in which every claim is written for people.
var languages = []string{"en", "fr", "zh"}

//go:embed claimpage/*.tmpl
var claimPages embed.FS

// pages are the pages of a claim by language: the same fields, other words.
var pages = template.Must(template.ParseFS(claimPages, "claimpage/*.tmpl"))

// page is what a template reads: a claim, and its closed words in one language. Free texts of the contract stay in the
// language in which the holder wrote them.
type page struct {
	claim
	E9, E6                                              epsilons
	ProductWord, UnitWord, PurposeWords, RecipientWords string
	Sums                                                bool // a table of this release sums several days
	SumDays                                             int64
	Month                                               string // of a table of the scope, when none of this release does
	MonthDays                                           int64
	MonthRho                                            string
	Moves                                               bool // tables are counts of all their days at once
	Signed                                              bool // and one of them sums amounts of both signs
	WeakWord                                            string
	Bin                                                 bool // one bin of a live count
	E9Bins                                              string
	SumsAmounts                                         bool
	GenderAge, Origin                                   bool
	Tables                                              []pageTable
}

type pageTable struct {
	claimTable
	Sigma, FalseWord, WithinWord string
}

// page writes a claim for people in one of the languages.
func (c claim) page(language string) ([]byte, error) {
	say := func(word string) string {
		if at := slices.Index(languages, language); words[word] != [3]string{} {
			return words[word][at]
		}
		return word
	}
	list := func(of []string) string {
		var said []string
		for _, w := range of {
			said = append(said, say(w))
		}
		return strings.Join(said, say("comma"))
	}
	p := page{claim: c, E9: c.Epsilon["1e-9"], E6: c.Epsilon["1e-6"], ProductWord: say(c.Product), UnitWord: say(c.Unit),
		PurposeWords: list(c.Purposes), RecipientWords: list(c.Recipients), Moves: c.moves(), WeakWord: say("weak " + c.Unit), Bin: c.live()}
	p.E9Bins = epsilon(c.ofTheDay(c.parts), 1e-9)
	for _, t := range c.Products {
		p.Tables = append(p.Tables, pageTable{t, fmt.Sprintf("%.1f", math.Sqrt(float64(t.Sigma2))), fmt.Sprintf("%.0f", math.Ceil(t.False)), say("within a " + t.Within)})
		p.SumDays, p.Signed = max(p.SumDays, t.DaysIn), p.Signed || c.bounds[t.Table].Signed
		p.SumsAmounts = p.SumsAmounts || c.bounds[t.Table].sums
		p.GenderAge = p.GenderAge || t.Table == "gender" || t.Table == "age"
		p.Origin = p.Origin || t.Table == "origin"
	}
	if p.Sums = p.SumDays > 1; !p.Sums && c.month.days > 1 {
		p.Month, p.MonthDays, p.MonthRho = c.month.name, c.month.days, account.Decimal(c.month.rho)
	}
	var b bytes.Buffer
	err := pages.ExecuteTemplate(&b, language+".md.tmpl", p)
	return b.Bytes(), err
}

// words are the closed words of contracts and products in the order of languages. A word that is not here is written as
// it is.
var words = map[string][3]string{
	"comma": {", ", ", ", "、"},

	"subscriber-day": {"one subscriber on one civil day", "un abonné pendant un jour civil", "一名用户的一个自然日"},
	"device-day":     {"one device on one civil day", "un appareil pendant un jour civil", "一台设备的一个自然日"},
	"trip":           {"one trip", "un trajet", "一次出行"},
	"traveller-day":  {"one traveller on one civil day", "un voyageur pendant un jour civil", "一名旅客的一个自然日"},
	"buyer-day":      {"one buyer on one civil day", "un acheteur pendant un jour civil", "一名购买者的一个自然日"},
	"person-day":     {"one person concerned on one civil day", "une personne concernée pendant un jour civil", "一名当事人的一个自然日"},
	"ticket":         {"one ticket", "un billet", "一张票"},
	"purchase":       {"one purchase", "un achat", "一次购买"},
	"case":           {"one case", "un dossier", "一件事项"},
	"report":         {"one report", "un signalement", "一条上报"},

	"weak trip": {"one trip is protected and not one person. Somebody who makes many trips is protected less",
		"c'est donc un trajet qui est protégé, et non une personne. Qui fait beaucoup de trajets est moins protégé", "因此受保护的是一次出行，而不是一个人。出行次数多的人受到的保护较弱"},
	"weak ticket": {"one ticket is protected and not one person. Somebody who has many tickets is protected less",
		"c'est donc un billet qui est protégé, et non une personne. Qui a beaucoup de billets est moins protégé", "因此受保护的是一张票，而不是一个人。购票多的人受到的保护较弱"},
	"weak purchase": {"one purchase is protected and not one person. Somebody who makes many purchases is protected less",
		"c'est donc un achat qui est protégé, et non une personne. Qui fait beaucoup d'achats est moins protégé", "因此受保护的是一次购买，而不是一个人。购买次数多的人受到的保护较弱"},
	"weak case": {"one case is protected and not one person. Somebody who has many cases is protected less",
		"c'est donc un dossier qui est protégé, et non une personne. Qui a beaucoup de dossiers est moins protégé", "因此受保护的是一件事项，而不是一个人。事项多的人受到的保护较弱"},
	"weak report": {"one report is protected and not one person. Somebody who makes many reports is protected less",
		"c'est donc un signalement qui est protégé, et non une personne. Qui fait beaucoup de signalements est moins protégé", "因此受保护的是一条上报，而不是一个人。上报次数多的人受到的保护较弱"},

	"within a trip":     {" a trip", " par trajet", "（每次出行）"},
	"within a ticket":   {" a ticket", " par billet", "（每张票）"},
	"within a purchase": {" a purchase", " par achat", "（每次购买）"},
	"within a case":     {" a case", " par dossier", "（每件事项）"},
	"within a report":   {" a report", " par signalement", "（每条上报）"},
	"within a day":      {" a day", " par jour", "（每天）"},
	"within a bin":      {" a bin", " par tranche", "（每个时段）"},
	"within a period":   {" in all its days together", " pour l'ensemble de ses jours", "（所有日期合计）"},

	"present-live": {"Present population, live", "Population présente, en direct", "实时在场人口"},
	"present":      {"Present population by hour", "Population présente par heure", "分小时在场人口"},
	"visitors":     {"Distinct visitors by day", "Visiteurs distincts par jour", "每日不重复访客"},
	"nights":       {"Nights spent", "Nuitées", "过夜人数"},
	"flows-hour":   {"Journeys between zones by hour", "Déplacements entre zones par heure", "分小时区域间出行"},
	"flows-day":    {"Journeys between zones by day", "Déplacements entre zones par jour", "分日区域间出行"},
	"flows-month":  {"Journeys between zones by month", "Déplacements entre zones par mois", "分月区域间出行"},
	"usual":        {"Usual environment: homes and places of work", "Environnement habituel : domiciles et lieux de travail", "惯常环境：居住地与工作地"},
	"migration":    {"Changes of usual residence", "Changements de résidence habituelle", "惯常居住地变更"},
	"tourism":      {"Tourism: trips, nights and length of stay", "Tourisme : voyages, nuitées et durées de séjour", "旅游：行程、过夜与停留时长"},
	"spending":     {"Spending by destination", "Dépenses par destination", "各目的地消费"},
	"market":       {"Customers by home", "Clients par domicile", "各居住地客户"},
	"bookings":     {"Trips and nights by destination, from bookings", "Voyages et nuitées par destination, d'après les réservations", "各目的地行程与过夜（来自预订）"},
	"cases":        {"Cases of public bodies", "Dossiers des organismes publics", "公共机构事项"},
	"reports":      {"Reports about places and vehicles", "Signalements sur des lieux et des véhicules", "地点与车辆上报"},
	"vehicles":     {"Departures and arrivals of shared vehicles", "Départs et arrivées de véhicules partagés", "共享车辆的出发与到达"},

	"transport":  {"transport", "les transports", "交通运输"},
	"planning":   {"planning", "l'aménagement", "规划"},
	"statistics": {"statistics", "la statistique", "统计"},
	"health":     {"health", "la santé", "卫生健康"},
	"education":  {"education", "l'éducation", "教育"},
	"disaster":   {"disaster relief", "les secours en cas de catastrophe", "救灾"},
	"safety":     {"crowd safety", "la sécurité des foules", "人群安全"},
	"research":   {"research", "la recherche", "科学研究"},
	"own-market": {"the holder's own market", "le marché propre du détenteur", "持有者自身的市场"},

	"public":            {"the public", "le public", "公众"},
	"holder":            {"the holder", "le détenteur", "数据持有者"},
	"municipality":      {"the municipality", "la commune", "市镇"},
	"county":            {"the county", "le comté", "县"},
	"province":          {"the province", "la province", "省"},
	"region":            {"the region", "la région", "大区"},
	"state":             {"the state", "l'État", "国家"},
	"university":        {"universities", "les universités", "大学"},
	"statistics-office": {"the statistics office", "l'institut de statistique", "统计局"},
}
