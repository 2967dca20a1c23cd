package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/throng-stats/throng/reckon/register"
)

const goodRegister = `throng: 1
data: public
register:
  id: procurement
  source: invented
  licence: CC0-1.0
  file: r.csv
  currency: EUR
  columns:
    agency: {as: authority, domain: agencies.txt}
    what: {as: category, list: [drinks]}
    supplier: {as: class, list: [domestic]}
    paid: {as: amount, type: decimal}
    chosen: {as: outcome}
    offers: {as: rows}
    staff: {as: size}
  drop: [officer]
`

// readRegister reads the good file after a change, beside a register of two rows.
func readRegister(t *testing.T, old, instead string) (*Register, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"r.yaml":       strings.Replace(goodRegister, old, instead, 1),
		"agencies.txt": "roads\nwater\n",
		"r.csv":        "\ufeffagency,what,supplier,paid,chosen,offers,staff,officer\nroads,drinks,domestic,12.50,true,3,10,A. Name\nA. Name,,elsewhere,-1,0,2,10,\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return ReadRegister(filepath.Join(dir, "r.yaml"))
}

// TestRegister reads rows: what a public list does not have is other, a name of a person in a column of bodies too.
func TestRegister(t *testing.T) {
	r, err := readRegister(t, "", "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Rows()
	want := []register.Row{{Authority: "roads", Category: "drinks", Class: "domestic", Amount: 1250, Size: 10, Rows: 3, Hits: 3},
		{Authority: "other", Category: "U", Class: "other", Amount: -100, Size: 10, Rows: 2}}
	if err != nil || !reflect.DeepEqual(got, want) || r.Register.Name != "procurement" {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// TestRegisterRefuses: no person comes in by any column, nothing but public data is a register, and what is wrong is said.
func TestRegisterRefuses(t *testing.T) {
	agency := "agency: {as: authority, domain: agencies.txt}"
	for _, name := range []string{"officer", "official", "clerk", "judge", "inspector", "fonctionnaire", "matricule", "badge_number", "officer_id", "警号", "官员", "surname", "buyer_name", "姓名",
		"beneficiary_address", "email", "phone", "description", "customer_id", "client_no", "person_id", "score", "religion", "passport"} {
		_, err := readRegister(t, agency, name+": {as: authority, domain: agencies.txt}")
		if KindOf(err) != Refused || !strings.Contains(err.Error(), "refused by rule 9.1") {
			t.Errorf("%s: got %v, want a refusal by rule 9.1", name, err)
		}
	}
	for _, c := range []struct {
		old, instead, want string
		kind               Kind
	}{
		{"data: public", "data: real", "write data: public", Refused},
		{"data: public", "data: synthetic", "write data: public", Refused},
		{"throng: 1", "throng: 2", "want 1", Invalid},
		{"as: authority", "as: name", "is the name of a person", Refused},
		{"as: authority", "as: body", "unknown role|text of a message", Refused},
		{"as: class", "as: firm", "unknown role", Invalid},
		{", type: decimal", "", "want int for whole numbers", Invalid},
		{"currency: EUR", "currency: euro", "ISO 4217", Invalid},
		{"domain: agencies.txt", "take: 3", "needs the list of its values", Invalid},
		{"source: invented", "source: \"\"", "register.source", Invalid},
		{"    supplier: {as: class, list: [domestic]}\n", "", "compared by class of firm", Invalid},
		{"  drop: [officer]", "  lists: [officer]", "drop", Invalid},
	} {
		_, err := readRegister(t, c.old, c.instead)
		if KindOf(err) != c.kind || !slices.ContainsFunc(strings.Split(c.want, "|"), func(w string) bool { return strings.Contains(err.Error(), w) }) {
			t.Errorf("%s: got %v, want %q", c.instead, err, c.want)
		}
	}
	for old, want := range map[string]string{"  drop: [officer]\n": `"officer" stands neither in columns nor in drop`, "    staff: {as: size}\n": `"staff" stands neither`, "agencies.txt": "no such file"} {
		r, err := readRegister(t, old, strings.Map(func(c rune) rune { // another file name; else nothing
			if old == "agencies.txt" {
				return c + 1
			}
			return -1
		}, old))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Rows(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %q: got %v, want %q", old, err, want)
		}
	}
}

// TestRegisterPage: docs/format/register.md names every key and role.
func TestRegisterPage(t *testing.T) {
	text, err := os.ReadFile("../docs/format/register.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range dottedKeys(reflect.TypeOf(Register{}), "") {
		if !strings.Contains(string(text), "| `"+key+"` |") {
			t.Errorf("docs/format/register.md has no row for the key %s", key)
		}
	}
	for _, r := range registerRoles() {
		if !strings.Contains(string(text), "| `"+r.name+"` |") {
			t.Errorf("docs/format/register.md does not name the role %s", r.name)
		}
		if refusedName(r.name) != nil {
			t.Errorf("the role %s is refused by its name", r.name)
		}
	}
}
