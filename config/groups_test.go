package config

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// guardian writes a table of quiet areas that is signed by a key of its own, and returns the edits of a contract.
func guardian(t *testing.T, text, signed string) (*Contract, string) {
	t.Helper()
	key := ed25519.NewKeyFromSeed([]byte("a seed of a test, 32 bytes long."))
	public := base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	dir := folder(t, map[string]string{
		"quiet.csv": "area,from,to\nnorth,2026-02-01,2026-02-02\n", "guardian.csv": text, "residents.csv": "",
		"guardian.sig": base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(signed))) + "\n"})
	return in(t, dir, "events", "residents = residents.csv\nquiet = quiet.csv\nquiet_guardian = {file: guardian.csv, key: "+public+", signature: guardian.sig}"), dir
}

func TestGuardianAddsQuietAreas(t *testing.T) {
	text := "area,from,to\nsquare,2026-02-03,2026-02-04\n"
	c, _ := guardian(t, text, text)
	rows, err := c.ReadQuiet()
	if err != nil || len(rows) != 2 || rows[0].Guardian || !rows[1].Guardian || rows[1].Area != "square" {
		t.Fatalf("got %+v, %v, want the holder's area and the guardian's", rows, err)
	}
	for day, want := range map[string]bool{"2026-02-02": false, "2026-02-03": true, "2026-02-04": true, "2026-02-05": false} {
		equal(t, day, rows[1].On(day), want)
	}
}

// TestGuardiansFileIsTheGuardians: a row taken away or changed breaks the signature.
func TestGuardiansFileIsTheGuardians(t *testing.T) {
	c, _ := guardian(t, "area,from,to\n", "area,from,to\nsquare,2026-02-03,2026-02-04\n")
	_, err := c.ReadQuiet()
	equal(t, "kind", KindOf(err), Refused)
	if !strings.Contains(err.Error(), "rule 27.4") {
		t.Errorf("got %v, want the rule", err)
	}
}

func TestProtectedOriginsJoinTheirNeighbours(t *testing.T) {
	origins := "origin,group,residents\n1,north,300000\n2,south,300000\n3,east,300000\n4,west,300000\n"
	for _, one := range []struct{ protected, codes string }{
		{"group,neighbour\n", "east north south west other U"},
		{"group,neighbour\nnorth,east\n", "east and north south west other U"},
		{"group,neighbour\nnorth,east\neast,south\n", "east and north and south west other U"},
		{"group,neighbour\nnorth,east\neast,north\n", "east and north south west other U"},
		{"group,neighbour\n" + "north,east\nsouth,west\n", "east and north south and west other U"},
	} {
		dir := folder(t, map[string]string{"origins.csv": origins, "secret.csv": one.protected})
		c := in(t, dir, "events", "protected_origins = secret.csv")
		rows, err := c.ReadOrigins()
		if err != nil {
			t.Fatal(err)
		}
		classes, _, _ := c.Classes(rows, nil)
		equal(t, one.protected, strings.Join(classes.Origin, " "), one.codes)
		for key, value := range c.Options() {
			if strings.Contains(key, "protected") || strings.Contains(value, "secret") {
				t.Errorf("option %s tells %q of the protected groups", key, value)
			}
		}
	}
}

// TestProtectedOriginsAreNotToldInErrors: not even the holder's log learns a name from the file.
func TestProtectedOriginsAreNotToldInErrors(t *testing.T) {
	for _, text := range []string{"group,neighbour\nHidden,north\n", "group,neighbour\nnorth,Hidden\n", "group,neighbour\nHidden,Hidden\n", "group,neighbour\nHidden,\n",
		"group,neighbour\nHidden,a\nHidden,b\n", "group,neighbour\nHidden,a,b\n"} {
		dir := folder(t, map[string]string{"origins.csv": "origin,group,residents\n1,north,300000\n", "p.csv": text})
		_, err := in(t, dir, "events", "protected_origins = p.csv").ReadOrigins()
		if err == nil || strings.Contains(err.Error(), "Hidden") || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%q: got %v, want an error with a line and without the name", text, err)
		}
	}
}

func TestMoreThanEightRegionsAreNoMacroRegions(t *testing.T) {
	table := func(n int) string {
		var b strings.Builder
		b.WriteString("origin,group,residents\n")
		for i := range n {
			b.WriteString(string(rune('a'+i)) + "," + string(rune('a'+i)) + ",900000\n")
		}
		b.WriteString("small,small,20000\n")
		return b.String()
	}
	for n, want := range map[int]Kind{7: 0, 8: 0, 9: Refused, 13: Refused} {
		c := in(t, folder(t, map[string]string{"origins.csv": table(n)}), "events", "")
		rows, err := c.ReadOrigins()
		if err != nil {
			t.Fatal(err)
		}
		err = c.CheckOrigins(rows)
		equal(t, "kind", KindOf(err), want)
		if want == Refused && !strings.Contains(err.Error(), "27.1") {
			t.Errorf("got %v, want rule 27.1", err)
		}
	}
}

// TestGroupOfTwentyThousandHasNoCode: it is merged, and so is the next one, for other is no small group by another name.
func TestGroupOfTwentyThousandHasNoCode(t *testing.T) {
	c := in(t, folder(t, map[string]string{"origins.csv": "origin,group,residents\n1,large,900000\n2,next,150000\n3,tiny,20000\n"}), "events", "")
	rows, err := c.ReadOrigins()
	if err != nil {
		t.Fatal(err)
	}
	classes, at, _ := c.Classes(rows, nil)
	equal(t, "codes", strings.Join(classes.Origin, " "), "large other U")
	equal(t, "code of the tiny one", classes.Origin[classes.OriginAt(at["3"])], "other")
}

func TestEmbargoPutsPublicationOff(t *testing.T) {
	c := parseBase(t, "events", "recipients = [municipality]\npublish.embargo = +30d")
	end := time.Date(2026, 2, 3, 23, 0, 0, 0, time.UTC)
	equal(t, "instant", c.NotBefore(end).Format(time.RFC3339), "2026-03-06T06:00:00+01:00")
}
