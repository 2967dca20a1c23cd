package feed

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// SampleDistinct is how many distinct pseudonyms of a file are looked at before it is read.
const SampleDistinct = 1000

// How many distinct values tell something about their shape.
const (
	fewDistinct    = 5
	enoughDistinct = 20
)

// Shapes that random digits have now and then.
const (
	imsi = "IMSI"
	imei = "IMEI"
	card = "card numbers"
)

// RefuseIdentifiers refuses a column of pseudonyms in which at least half of the distinct values look like phone
// numbers, IMSI, IMEI or card numbers: those are names of people, not pseudonyms. The error tells the shape only.
// In a column of whole numbers, ten digits are not yet a phone number: most random numbers of 32 bits have as many.
//
// One in eighteen random numbers of 64 bits passes for a card number. So a file of fewer than enoughDistinct values, such as five
// minutes of a quiet night, is refused for that shape only when there are fewDistinct or more and all look so: a false alarm at most
// once in 2,000,000 files (18^-5; of twenty values ten, .00000005). Numbers of fifteen digits come by chance too seldom for that.
func RefuseIdentifiers(file, column string, distinct []string, wholeNumbers bool) error {
	seen := map[string]int{}
	all := 0
	for _, v := range distinct {
		if shape := identifier(v); shape != "" && !(wholeNumbers && len(v) <= 10) {
			seen[shape]++
			all++
		}
	}
	if n := len(distinct); n < enoughDistinct && (n < fewDistinct || all < n) {
		all -= seen[card]
		delete(seen, card)
	}
	if all == 0 || 2*all < len(distinct) {
		return nil
	}
	most := ""
	for shape, n := range seen {
		if n > seen[most] || n == seen[most] && shape < most {
			most = shape
		}
	}
	return &Error{Kind: Refused, File: file, Column: column, Got: fmt.Sprintf("%d of %d distinct values that look like %s", all, len(distinct), most),
		Want: "pseudonyms", Hint: "replace them at the source by a keyed hash whose key stays with you"}
}

// identifier names what a value looks like, or nothing.
func identifier(v string) string {
	digits := make([]byte, 0, 20)
	for i := range len(v) {
		c := v[i]
		switch {
		case isDigit(c):
			digits = append(digits, c)
		case i == 0 && c == '+', strings.IndexByte(" -./()", c) >= 0:
		default:
			return ""
		}
		if len(digits) > 19 {
			return ""
		}
	}
	n := len(digits)
	switch {
	case n >= 8 && n <= 15 && v[0] == '+':
		return "phone numbers"
	case n == 15 && mobileCountry(digits):
		return imsi
	case n == 15 && digits[0] != '0' && luhn(digits):
		return imei
	case n >= 15 && digits[0] >= '2' && digits[0] <= '6' && luhn(digits):
		return card
	case n >= 10 && n <= 13, n == 14 && digits[0] == '0' && digits[1] == '0':
		return "phone numbers"
	}
	return ""
}

// mobileCountry reports whether the first three digits are in the ranges that ITU-T E.212 gives to countries. About
// four in ten random numbers pass, fewer than the half that is needed for a refusal.
func mobileCountry(digits []byte) bool {
	mcc := int(digits[0]-'0')*100 + int(digits[1]-'0')*10 + int(digits[2]-'0')
	for _, r := range [][2]int{{202, 297}, {302, 376}, {400, 470}, {502, 555}, {602, 659}, {702, 750}} {
		if r[0] <= mcc && mcc <= r[1] {
			return true
		}
	}
	return false
}

// luhn checks the last digit of ISO/IEC 7812-1; one in ten random numbers passes.
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		v := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// RefusePersonColumns refuses the names of source columns that hold the id of a person, when the contract says that
// what is protected is a trip: whoever knows the person must declare the person.
func (o Options) RefusePersonColumns(file string, names []string) error {
	if !slices.Contains(rowUnits, o.Unit) && (o.Unit != "" || o.Kind != Trips) {
		return nil
	}
	for _, name := range names {
		if namesPerson(name) {
			return &Error{Kind: Refused, File: file, Column: name, Got: "a column that names a person beside the unit " + cmp.Or(o.Unit, "trip"), Want: "that person as the unit",
				Hint: "declare unit and column, or remove the column at the source"}
		}
	}
	return nil
}

var (
	personWords = []string{"rider", "member", "customer", "user", "card", "account", "subscriber", "passenger", "client", "traveller", "traveler", "buyer", "driver", "imsi", "msisdn", "imei"}
	idWords     = []string{"id", "no", "nr", "num", "number", "hash", "token", "key", "uuid", "code"}
)

// namesPerson reports whether the words of a column name are only words for a person, or those and a word for an id.
func namesPerson(name string) bool {
	person, id, other := false, false, false
	for _, w := range nameWords(name) {
		for _, suffix := range idWords {
			if stem := strings.TrimSuffix(w, suffix); stem != w && slices.Contains(personWords, stem) {
				w, id = stem, true
			}
		}
		switch {
		case slices.Contains(personWords, w):
			person = true
		case slices.Contains(idWords, w):
			id = true
		default:
			other = true
		}
	}
	return person && (id || !other)
}

// nameWords cuts a column name at signs and before capitals that follow small letters.
func nameWords(name string) []string {
	var s strings.Builder
	small := false
	for _, r := range name {
		if unicode.IsUpper(r) && small || !unicode.IsLetter(r) {
			s.WriteByte(' ')
		}
		small = unicode.IsLower(r)
		if unicode.IsLetter(r) {
			s.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.Fields(s.String())
}
