package ledger

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// example is a whole small ledger: a release, a burnt booking, a second writer with lower caps, a withdrawal.
func example(t testing.TB) *RAM {
	t.Helper()
	files := Memory()
	l, err := Open(files, options("6d9f1c02ab37e4d5"))
	if err != nil {
		t.Fatal(err)
	}
	r := present("2026-02-03", 7_800_000)
	r.Parts = append(r.Parts, Part{Table: "gender", D2: 24, Sigma2: 1539})
	first, err1 := l.Reserve(r)
	err2 := l.Released(first, digest("files"), 48213, time.Date(2026, 2, 4, 5, 0, 0, 0, time.UTC))
	month := Reservation{Product: "usual", Spec: "home", Period: "2026-02", From: "2026-02-01", To: "2026-02-28", RhoSpan: 8_000_000,
		Parts: []Part{{Table: "home", D2: 2, Sigma2: 500}}}
	second, err3 := l.Reserve(month)
	err4 := l.Burnt(second, ReasonDisk)
	err5 := l.Close()
	o := options("0e55c1a7720b9f84")
	o.Caps.Day = 50_000_000
	o.Footers = []Footer{{first.ReleaseID, first.Seq, first.Head, ""}}
	l, err6 := Open(files, o)
	if err := all(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	if err := l.Withdrawn(first.ReleaseID, ReasonMethod); err != nil {
		t.Fatal(err)
	}
	l.Close()
	return files
}

func exampleText(t testing.TB) []byte {
	t.Helper()
	content, err := example(t).ReadFile(segmentOf(1))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestRecordsComeBack(t *testing.T) {
	var kinds []string
	for line := range bytes.Lines(exampleText(t)) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		r, err := decode(line)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(r.Line(), line) || r.Hash != hashOf(line) {
			t.Errorf("got %s, want %s", r.Line(), line)
		}
		kinds = append(kinds, r.Kind)
	}
	want := "GENESIS OPEN CAPS RESERVE RELEASED RESERVE BURNT OPEN CAPS WITHDRAWN"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("kinds %s, want %s", got, want)
	}
}

// TestDecodeIsStrict: what means the same to JSON is not the same record.
func TestDecodeIsStrict(t *testing.T) {
	lines := bytes.Split(exampleText(t), []byte("\n"))
	booking := string(lines[3])
	for name, change := range map[string]string{
		"a space":                strings.Replace(booking, `,"seq"`, `, "seq"`, 1),
		"another order":          strings.Replace(booking, `"v":"1","seq":"4"`, `"seq":"4","v":"1"`, 1),
		"a number":               strings.Replace(booking, `"seq":"4"`, `"seq":4`, 1),
		"zeros in front":         strings.Replace(booking, `"seq":"4"`, `"seq":"04"`, 1),
		"a key twice":            strings.Replace(booking, `"seq":"4"`, `"seq":"4","seq":"4"`, 1),
		"a key in capitals":      strings.Replace(booking, `"seq"`, `"SEQ"`, 1),
		"an unknown key":         strings.Replace(booking, `"seq"`, `"who":"me","seq"`, 1),
		"a key is missing":       strings.Replace(booking, `"delta_span":"0",`, ``, 1),
		"a later format":         strings.Replace(booking, `"v":"1"`, `"v":"2"`, 1),
		"an unknown kind":        strings.Replace(booking, `RESERVE`, `REFUND`, 1),
		"a body of another kind": strings.Replace(booking, `RESERVE`, `BURNT`, 1),
		"less than it costs":     strings.Replace(booking, `"sigma2":"1539"`, `"sigma2":"1500"`, 1),
		"a rho below zero":       strings.Replace(booking, `"rho":"7797271"`, `"rho":"-7797271"`, 1),
		"null for a list":        booking[:strings.Index(booking, `"parts":`)] + `"parts":null` + booking[strings.Index(booking, `,"charges"`):],
		"something behind it":    booking + "{}",
		"too long":               strings.Replace(booking, `throng 1.0`, strings.Repeat("x", 5000), 1),
		"nothing":                "",
	} {
		if change == booking {
			t.Errorf("%s: the test changes nothing", name)
		}
		if _, err := decode([]byte(change)); KindOf(err) != Corrupt {
			t.Errorf("%s: got %v, want Corrupt", name, err)
		}
	}
	if _, err := decode([]byte(booking)); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

// TestEveryByteCounts changes every byte of every line but the last, which no line follows: the ledger does not open.
func TestEveryByteCounts(t *testing.T) {
	files := example(t)
	content, _ := files.ReadFile(segmentOf(1))
	last := bytes.LastIndexByte(content[:len(content)-1], '\n')
	for i := range last {
		edited := bytes.Clone(content)
		edited[i] ^= 1
		files.WriteFile(segmentOf(1), edited)
		_, err := load(files, nil)
		if KindOf(err) != Corrupt {
			t.Fatalf("byte %d, %q for %q: got %v, want Corrupt", i, edited[i], content[i], err)
		}
	}
	edited := bytes.Replace(content, []byte(`"rho_span":"15594542"`), []byte(`"rho_span":"15594543"`), 1)
	files.WriteFile(segmentOf(1), edited)
	o := options("w")
	o.Caps.Day = 50_000_000
	_, err := Open(files, o)
	wants(t, "an edited line", err, Corrupt, "record 5 does not stand", "restore the ledger from a copy")
	report, err := Verify(files)
	if err != nil || report.OK() || report.Records != 4 {
		t.Errorf("verify an edited line: %+v, %v, want a violation after 4 records", report, err)
	}
	if records, err := Read(files); KindOf(err) != Corrupt || len(records) != 4 {
		t.Errorf("read an edited line: %d records, %v, want the 4 before it and Corrupt", len(records), err)
	}
}

// TestForgedChain writes records with right hashes that break the rules: the auditor sees each.
func TestForgedChain(t *testing.T) {
	records, err := Read(example(t))
	if err != nil {
		t.Fatal(err)
	}
	booking := func(change func(*Booking)) func([]Record) []Record {
		return func(list []Record) []Record {
			b := *list[3].Body.(*Booking)
			change(&b)
			list[3].Body = &b
			return list
		}
	}
	for name, c := range map[string]struct {
		forge func([]Record) []Record
		says  string
	}{
		"more than a day may cost": {booking(func(b *Booking) {
			b.Charges = []Charge{{"2026-02-03", "2026-02-03", 100_000_001}}
			b.RhoSpan = 100_000_001
		}), "but 0.1 is left"},
		"another name":    {booking(func(b *Booking) { b.Period = "2026-02-04" }), "not named after"},
		"out of order":    {booking(func(b *Booking) { b.Attempt = 1 }), "out of order"},
		"published twice": {func(list []Record) []Record { return append(list[:5], list[4]) }, "no open booking"},
		"booked twice":    {func(list []Record) []Record { return append(list[:4], list[3]) }, "although it is reserved"},
		"a refund":        {func(list []Record) []Record { return append(list[:6:6], list[7:]...) }, "open"},
		"no caps":         {func(list []Record) []Record { return append(list[:2:2], list[3:]...) }, "before there are caps"},
		"raised caps": {func(list []Record) []Record {
			list[8].Body = &CapsSet{Caps{Day: 1e9, Days30: 1e12, Days365: 1e12}, "", strings.Repeat("c", 64), nil}
			return list
		}, "raises a cap"},
		"a writer who did not open": {func(list []Record) []Record { list[3].Writer = "someone"; return list }, "did not open the ledger"},
		"begins twice":              {func(list []Record) []Record { return append(list[:3], list[0]) }, "begins with GENESIS"},
	} {
		files := Memory()
		files.WriteFile(segmentOf(1), chain(c.forge(append([]Record(nil), records...))))
		report, err := Verify(files)
		if name == "a refund" { // a booking without an end is allowed, and counted
			if err != nil || !report.OK() || report.Open != 1 {
				t.Errorf("%s: %+v, %v, want one open booking", name, report, err)
			}
			continue
		}
		if err != nil || report.OK() || !strings.Contains(report.Violations[0], c.says) {
			t.Errorf("%s: got %v, %v, want a violation that says %q", name, report.Violations, err, c.says)
		}
	}
}

// chain writes records with numbers and hashes that fit.
func chain(records []Record) []byte {
	var out []byte
	prev := noHead
	for i, r := range records {
		r.Seq, r.Prev = uint64(i+1), prev
		if o, ok := r.Body.(*Opened); ok {
			r.Body = &Opened{prev, o.Anchors}
		}
		if c, ok := r.Body.(*CapsSet); ok && c.Signatures == nil {
			r.Body = &CapsSet{c.Caps, "", c.Contract, []string{}}
		}
		line := r.Line()
		prev = hashOf(line)
		out = append(append(out, line...), '\n')
	}
	return out
}

// FuzzDecode: a line that is read is the line that would be written.
func FuzzDecode(f *testing.F) {
	for line := range bytes.Lines(exampleText(f)) {
		f.Add(bytes.TrimSuffix(line, []byte("\n")))
	}
	f.Add([]byte(`{"v":"1"}`))
	raised := Memory()
	if l, err := Open(raised, lowly("w1", raiseTo("2026-02-12"))); err == nil {
		l.Close()
	}
	content, _ := raised.ReadFile(segmentOf(1))
	for line := range bytes.Lines(content) { // KEYS, and caps with signatures
		f.Add(bytes.TrimSuffix(line, []byte("\n")))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := decode(line)
		if err == nil && !bytes.Equal(r.Line(), line) {
			t.Errorf("read %q, would write %q", line, r.Line())
		}
		newState().apply(r)
	})
}

// FuzzLedger: whatever lies in the file, the ledger opens to something that verifies, or does not open.
func FuzzLedger(f *testing.F) {
	text := exampleText(f)
	f.Add(text)
	f.Add(text[:len(text)-100])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		files := Memory()
		files.WriteFile(keyFile, make([]byte, 32))
		files.WriteFile(segmentOf(1), content)
		if l, err := Open(files, options("w")); err == nil {
			l.Recover(func(string) (Found, bool) { return Found{}, false })
			l.Close()
			if report, err := Verify(files); err != nil || !report.OK() {
				t.Errorf("opened, but verify says %+v, %v", report, err)
			}
		}
	})
}
