package config

import (
	"slices"
	"strings"
)

// refusedKind is one kind of column that never enters, with the words that give it away in English, French and Chinese.
type refusedKind struct {
	what string // what it is
	why  string // why it does not enter
	// words are matched against whole words of a name, a phrase against neighbouring words; stems against any part of a
	// word, for words that hide nowhere else. Chinese is written without spaces, so its words are stems.
	words []string
	stems []string
}

const (
	whyIdentifier = "it says who a person is"
	whyPlace      = "it leads to a person's door"
	whySpeech     = "what people say and look for never enters"
	whySensitive  = "no attribute enters beyond gender, age band and region of origin"
	whyJudging    = "nothing that judges a person enters"
)

// refusedKinds are the kinds of standards.md 9.1, in the order in which they are looked for.
var refusedKinds = []refusedKind{
	{what: "a phone number", why: whyIdentifier,
		words: []string{"phone", "tel", "telefon", "mobile number", "mobile no", "numero mobile", "phone number", "call number", "cell phone"},
		stems: []string{"msisdn", "phonen", "telephone", "smartphonen", "手机", "电话"}},
	{what: "the number of a SIM or of a device", why: whyIdentifier,
		words: []string{"iccid", "mac address", "serial number", "device serial", "idfa", "gaid", "ip", "ipv"},
		stems: []string{"imsi", "imei", "ipaddress", "macaddress", "串号", "设备号"}},
	{what: "the number of a card, a passport or an account", why: whyIdentifier,
		words: []string{"card", "card no", "card number", "card num", "carte", "carte numero", "numero carte", "pan", "iban", "ssn", "nir", "national id", "identity", "identite", "id card", "cni", "licence plate", "license plate", "driver license"},
		stems: []string{"passport", "passeport", "cardno", "cardnum", "creditcard", "nationalid", "identitycard", "idcard", "socialsecurity", "卡号", "护照", "身份证", "证件", "银行卡", "车牌"}},
	{what: "an e-mail address", why: whyIdentifier,
		words: []string{"mail", "e mail", "courriel", "mel"},
		stems: []string{"email", "邮箱", "电子邮件", "微信"}},
	{what: "a rider, complainant or photo", why: "reports are about vehicles and places, never about who rides or complains",
		words: []string{"rider", "complainant", "reporter", "plaignant", "photo", "photos", "picture", "image", "selfie", "portrait", "face", "fingerprint", "biometric", "cycliste", "conducteur", "driver"},
		stems: []string{"photourl", "photograph", "complainant", "骑手", "骑行者", "司机", "投诉人", "举报人", "照片", "头像", "人脸", "指纹"}},
	{what: "an official by name or number", why: "a public body answers for what it does; no official, officer or clerk is ever named",
		words: []string{"official", "officials", "officer", "officers", "clerk", "judge", "juge", "inspector", "inspecteur", "policeman", "policier", "fonctionnaire", "matricule", "badge", "badge number", "agent id", "agent no", "agent number", "agent matricule", "guichetier"},
		stems: []string{"officerid", "officialid", "badgeno", "警号", "官员", "公务员", "民警", "工号"}},
	{what: "the name of a person", why: whyIdentifier,
		words: []string{"name", "names", "nom", "prenom", "surname", "forename", "patronyme"},
		stems: []string{"firstname", "lastname", "fullname", "username", "middlename", "givenname", "familyname", "nickname", "customername", "姓名", "名字", "昵称", "姓氏"}},
	{what: "an exact date of birth", why: "only a year or an age band may be kept; give it the role age, which keeps the band alone",
		words: []string{"birth", "dob", "birthday", "naissance", "date naissance", "born", "ddn"},
		stems: []string{"birthdate", "birthday", "dateofbirth", "datenaissance", "出生", "生日"}},
	{what: "an address", why: whyPlace,
		words: []string{"address", "addresses", "adresse", "street", "rue", "house number", "apartment", "appartement", "domicile"},
		stems: []string{"homeaddress", "streetaddress", "addressline", "地址", "住址", "门牌", "街道"}},
	{what: "the text of a message or search", why: whySpeech,
		words: []string{"message", "messages", "text", "texte", "texts", "body", "subject", "search", "query", "recherche", "requete", "comment", "comments", "commentaire", "keyword", "keywords", "mot cle", "content", "contenu", "transcript", "tweet", "note", "notes", "remark", "description"},
		stems: []string{"searchterm", "messagetext", "smstext", "搜索", "短信内容", "消息", "内容", "评论", "备注", "聊天"}},
	{what: "whom a person is in contact with", why: whySpeech,
		words: []string{"contact", "contacts", "counterpart", "counterparty", "callee", "called", "calling", "caller", "b number", "b party", "bnumber", "bparty", "a number", "a party", "peer", "recipient", "sender", "correspondent", "correspondant", "appele", "appelant", "destinataire", "interlocuteur", "friend", "friends", "other party", "in reply"},
		stems: []string{"counterpart", "calledn", "callingn", "calledparty", "联系人", "对方", "被叫", "主叫", "好友"}},
	{what: "an internet address", why: whySpeech,
		words: []string{"url", "urls", "uri", "link", "href", "lien", "referer", "referrer", "hostname", "domain name", "website", "site web", "user agent", "sni", "dns"},
		stems: []string{"https", "weburl", "网址", "链接", "域名"}},
	{what: "ethnicity", why: whySensitive,
		words: []string{"race", "ethnie", "tribe", "tribu", "caste", "skin colour", "skin color"},
		stems: []string{"ethnic", "ethniq", "racial", "民族", "种族", "族群"}},
	{what: "religion", why: whySensitive,
		words: []string{"faith", "belief", "croyance", "culte", "church", "denomination", "confession"},
		stems: []string{"religi", "宗教", "信仰"}},
	{what: "health", why: whySensitive,
		words: []string{"health", "sante", "disease", "maladie", "diagnosis", "diagnostic", "medical", "disability", "handicap", "illness", "infection", "infected", "patient", "pregnant", "pregnancy", "vaccin", "vaccination", "vaccinated", "invalidite"},
		stems: []string{"medical", "diagnos", "healthstatus", "健康", "疾病", "病史", "医疗", "残疾", "疫苗"}},
	{what: "politics", why: whySensitive,
		words: []string{"politics", "political", "politique", "vote", "votes", "union", "syndicat", "political party", "parti politique", "opinion", "opinions", "militant"},
		stems: []string{"politic", "politiq", "政治", "党员", "党派", "工会", "政党"}},
	{what: "a score, rank, rating or label of a person", why: whyJudging,
		words: []string{"score", "scores", "scoring", "rank", "ranks", "ranking", "rang", "rating", "ratings", "grade", "label", "labels", "etiquette", "risk", "risque", "attribute", "attributes", "attribut", "tag", "tags", "segment", "segments", "blacklist", "watchlist", "suspect", "profile", "profil", "classement", "vip"},
		stems: []string{"creditscore", "riskscore", "评分", "得分", "分数", "排名", "等级", "标签", "信用", "黑名单", "画像"}},
	{what: "income", why: whySensitive,
		words: []string{"income", "incomes", "salary", "revenu", "revenus", "salaire", "wage", "wages", "earnings", "wealth", "fortune", "benefits"},
		stems: []string{"income", "salary", "收入", "工资", "薪资", "薪水"}},
}

// things are words that, before "name" or in a name of a place, say that a thing is named and not a person.
var things = []string{"station", "cell", "site", "antenna", "airport", "stop", "zone", "place", "network", "line", "route", "city", "town",
	"commune", "province", "region", "county", "country", "terminal", "dock", "landmark", "operator", "carrier", "product", "file", "gare", "aeroport", "ville", "pays"}

// yearWords make a birth a year of birth, which is no exact date.
var yearWords = []string{"year", "annee", "an", "yr", "yyyy", "band", "cohort"}

// refusedName finds the refused kind that a column name or role speaks of, or nil.
func refusedName(name string) *refusedKind {
	words := tokens(name)
	joined := strings.Join(words, "")
	for i := range refusedKinds {
		kind := &refusedKinds[i]
		found := speaksOf(words, kind.words) || slices.ContainsFunc(kind.stems, func(stem string) bool { return strings.Contains(joined, stem) })
		if found && !isYearOfBirth(words, joined) {
			return kind
		}
	}
	return nil
}

// speaksOf finds a word, or a phrase of neighbouring words, that does not name a thing.
func speaksOf(words, list []string) bool {
	for _, phrase := range list {
		want := strings.Fields(phrase)
		for i := 0; i+len(want) <= len(words); i++ {
			if slices.Equal(words[i:i+len(want)], want) && !aboutThing(words, i+len(want)-1) {
				return true
			}
		}
	}
	return false
}

// aboutThing reports whether the found word names a thing or a sort: station_name, nom_gare, message_type.
func aboutThing(words []string, at int) bool {
	switch words[at] {
	case "name", "names", "nom":
		return at > 0 && slices.Contains(things, words[at-1]) || at+1 < len(words) && slices.Contains(things, words[at+1])
	case "segment", "segments":
		return at > 0 && words[at-1] == "market"
	case "message", "call", "contact":
		return at+1 < len(words) && (words[at+1] == "type" || words[at+1] == "kind")
	}
	return false
}

// isYearOfBirth reports whether a name speaks of a year of birth only.
func isYearOfBirth(words []string, joined string) bool {
	birth := strings.Contains(joined, "birth") || strings.Contains(joined, "naissance") || strings.Contains(joined, "出生")
	if !birth {
		return false
	}
	return strings.Contains(joined, "年份") || strings.HasPrefix(joined, "birthyear") || strings.Contains(joined, "yearofbirth") ||
		slices.ContainsFunc(words, func(w string) bool { return slices.Contains(yearWords, w) })
}

// isBirth reports whether a name speaks of a birth at all.
func isBirth(name string) bool {
	kind := refusedName(name)
	return kind != nil && kind.what == "an exact date of birth"
}

// personWords are words for the person behind a trip (standards.md 9.5). A feed that has the id of one has a stronger
// unit than the trip, in whichever list the column stands.
var personWords = []string{"rider", "member", "customer", "user", "account", "card", "passenger", "subscriber", "traveller", "traveler", "buyer", "driver",
	"client", "abonne", "usager", "adherent", "voyageur", "compte", "carte", "person", "personne", "patron", "titulaire"}

// numberWords are numbers of SIMs and devices: ids of a person beside a trip, but not beside a device.
var numberWords = []string{"imsi", "msisdn", "imei"}

// personStems are the Chinese words, which are written without spaces.
var personStems = []string{"用户", "会员", "客户", "账号", "账户", "卡号", "乘客", "骑手", "骑行者", "司机"}

// idWords make an id of a word for a person.
var idWords = []string{"id", "ids", "no", "nr", "num", "number", "numero", "key", "hash", "pseudonym", "uuid", "guid", "code", "ref", "token"}

// isPersonID reports whether a column name is that of an id of a person: a word for a person with a word for an id
// (rider_id, cardno), or words for persons alone (account). Beside a trip the number of a SIM or device is one too.
func isPersonID(name, unit string) bool {
	words := tokens(name)
	joined := strings.Join(words, "")
	if slices.ContainsFunc(personStems, func(stem string) bool { return strings.Contains(joined, stem) }) {
		return true
	}
	isPerson := func(w string) bool {
		return slices.Contains(personWords, w) || unit != unitDevice && slices.Contains(numberWords, w)
	}
	person, id, other := false, false, false
	for _, w := range words {
		for _, suffix := range idWords {
			if stem, cut := strings.CutSuffix(w, suffix); cut && isPerson(stem) {
				w, id = stem, true
			}
		}
		switch {
		case isPerson(w):
			person = true
		case slices.Contains(idWords, w):
			id = true
		default:
			other = true
		}
	}
	return person && (id || !other)
}
