package kafka

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
	"github.com/throng-stats/throng/feed/kafka/kafkatest"
	"github.com/throng-stats/throng/feed/rows"
)

// secured is a folder of tools/kafka.sh, or one like it of fake brokers.
type secured struct {
	dir   string
	plain string // address of a real broker without TLS; "" where brokers are fake, which do not say why they end a connection
	extra []kgo.Opt
}

var mechanisms = []string{"plain", "scram-sha-256", "scram-sha-512"}

func (s secured) path(name string) string { return filepath.Join(s.dir, name) }

// read is the first line of a file.
func (s secured) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(s.path(name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// as are the right options of a mechanism; of none, a certificate.
func (s secured) as(t *testing.T, mechanism string) Secure {
	if mechanism == "" {
		return Secure{CA: s.path("ca.pem"), Cert: s.path("client.pem"), Key: s.path("client.key")}
	}
	return Secure{CA: s.path("ca.pem"), Mechanism: mechanism, User: s.read(t, "user"), PasswordFile: s.path("password")}
}

// connect reaches the broker that asks for a password, or for a certificate where there is no mechanism.
func (s secured) connect(t *testing.T, mechanism string) *cluster {
	at := s.read(t, "address")
	if mechanism == "" {
		at = s.read(t, "mutual")
	}
	return connect(t, []string{at}, s.as(t, mechanism), s.extra...)
}

// TestSecure: brokers with TLS in this process.
func TestSecure(t *testing.T) {
	s := secured{dir: kafkatest.Secure(t), extra: kafkatest.Client()}
	for _, mechanism := range append(mechanisms, "") {
		t.Run("read "+mechanism, func(t *testing.T) { readsSecurely(t, s.connect(t, mechanism)) })
	}
	s.turnedAway(t)
}

// TestRealBrokerSecure does so with the broker of THRONG_KAFKA and what lies in the folder of THRONG_KAFKA_SECURE.
func TestRealBrokerSecure(t *testing.T) {
	c := real(t)
	s := secured{dir: os.Getenv("THRONG_KAFKA_SECURE"), plain: c.brokers[0]}
	if s.dir == "" {
		t.Skip("no real broker with TLS: tools/kafka.sh start tells its folder where there is openssl; give it in THRONG_KAFKA_SECURE")
	}
	for _, mechanism := range append(mechanisms, "") {
		t.Run("read "+mechanism, func(t *testing.T) { readsSecurely(t, s.connect(t, mechanism)) })
	}
	t.Run("group", func(t *testing.T) { group(t, s.connect(t, "scram-sha-512")) })
	t.Run("renewed", func(t *testing.T) { // the broker asks for the password again every few seconds
		renewed(t, c, s.read(t, "address"), s.path("ca.pem"), "scram-sha-512", func(password string) { alter(t, c, kadm.ScramSha512, password) }, func(bool) {})
	})
	s.turnedAway(t)
}

// readsSecurely: rows, heartbeats, offsets and parts of a topic.
func readsSecurely(t *testing.T, c *cluster) {
	topic := c.topic(t, 1, "LogAppendTime")
	l := open(t, c, topic, rows.JSON)
	c.put(t, &kgo.Record{Topic: topic, Value: jsonOf([]feedtest.LogRow{{Unit: 1 << 60, Time: feedtest.LogMonday, Cell: "c1"}})})
	if err := l.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := l.Open(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b event.Batch
	n := 0
	for mark := (feed.Mark{}); mark.Next < 2; n += b.Len() {
		if mark, err = r.Next(t.Context(), feedtest.LogDoor(0), &b); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Release(t.Context(), 0, 2); err != nil {
		t.Fatal(err)
	}
	if err := feed.Each(t.Context(), l.Part(0, 0, 2, feedtest.LogDoor(0)), func(b *event.Batch) error { n += b.Len(); return nil }); err != nil {
		t.Fatal(err)
	}
	if n != 2 {
		t.Errorf("one row was read %d times, want twice: by the reader and in a part", n)
	}
}

// turnedAway: whoever is not let in is told why and what to do at once, without a secret.
func (s secured) turnedAway(t *testing.T) {
	const wrong = "a wrong word"
	file := func(text string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	with := func(base Secure, change func(*Secure)) Secure { change(&base); return base }
	type attempt struct {
		name, at string
		secure   Secure
		want     []string // in the error
	}
	password, certificate := s.read(t, "address"), s.read(t, "mutual")
	plain := s.as(t, "plain")
	all := []attempt{
		{"no password in the file", password, with(plain, func(s *Secure) { s.PasswordFile = file("\n"+wrong, 0o600) }), []string{"nothing in the first line"}},
		{"a password for all to read", password, with(plain, func(s *Secure) { s.PasswordFile = file(wrong, 0o640) }), []string{"mode 0600"}},
		{"unknown root", password, with(plain, func(s *Secure) { s.CA = "system" }), []string{"no trusted root", "feed.kafka.tls.ca"}},
		{"another name", strings.Replace(password, "127.0.0.1", "localhost", 1), plain, []string{"another name", "feed.kafka.brokers"}},
		{"nothing where a password is asked for", password, Secure{}, []string{"wants TLS", "feed.kafka.tls"}},
		{"TLS alone where a password is asked for", password, Secure{CA: plain.CA}, []string{"connections end at once", "sasl"}},
		{"nothing where a certificate is asked for", certificate, Secure{}, []string{"wants TLS", "feed.kafka.tls"}},
		{"no certificate", certificate, Secure{CA: plain.CA}, []string{"certificate", "feed.kafka.tls.cert"}}}
	if s.plain != "" {
		all = append(all, attempt{"TLS where there is none", s.plain, Secure{CA: plain.CA}, []string{"connections end at once", "tls"}})
	}
	for _, m := range mechanisms {
		right := s.as(t, m)
		all = append(all, attempt{m + " without TLS", password, with(right, func(s *Secure) { s.CA = "" }), []string{"wants TLS", "feed.kafka.tls"}})
		if s.plain != "" {
			all = append(all,
				attempt{m + " wrong password", password, with(right, func(s *Secure) { s.PasswordFile = file(wrong, 0o600) }), []string{"does not accept", "password_file"}},
				attempt{m + " wrong user", password, with(right, func(s *Secure) { s.User = "nobody" }), []string{"does not accept", "feed.kafka.sasl"}},
				attempt{m + " where nobody asks", s.plain, with(right, func(s *Secure) { s.CA = "" }), []string{"asks nobody", "leave feed.kafka.sasl out"}})
		}
	}
	for _, a := range all {
		t.Run(a.name, func(t *testing.T) {
			_, err := Open(t.Context(), Options{Brokers: []string{a.at}, Topic: "any", Group: "any", Secure: a.secure, Client: s.extra}, decoder(t, rows.JSON))
			var known *feed.Error
			if !errors.As(err, &known) {
				t.Fatalf("got %v, want an error of the feed", err)
			}
			for _, want := range a.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			for e := error(known); e != nil; e = errors.Unwrap(e) {
				if text := e.Error(); strings.Contains(text, wrong) || strings.Contains(text, s.read(t, "password")) {
					t.Errorf("a password stands in %q", text)
				}
			}
		})
	}
}

// rotating is a user whose password is changed.
const rotating = "rotating"

func alter(t *testing.T, c *cluster, mechanism kadm.ScramMechanism, password string) {
	t.Helper()
	r, err := c.admin.AlterUserSCRAMs(t.Context(), nil, []kadm.UpsertSCRAM{{User: rotating, Mechanism: mechanism, Iterations: 4096, Password: password}})
	if err := errors.Join(err, r.Error()); err != nil {
		t.Fatal(err)
	}
}

// TestRenewed: who changes the password at the broker has a reader that waits and says why, until it stands in the file.
func TestRenewed(t *testing.T) {
	const mechanism = "scram-sha-256"
	k := kafkatest.New(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "admin", "admin"))
	var refusing atomic.Bool
	k.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		if !refusing.Load() {
			return nil, nil, false
		}
		answer := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		answer.ErrorCode = kerr.SaslAuthenticationFailed.Code // as a real broker; the fake one ends the connection
		return answer, nil, true
	})
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("admin"), 0o600); err != nil {
		t.Fatal(err)
	}
	gate := kafkatest.NewGate()
	c := connect(t, k.ListenAddrs(), Secure{Mechanism: mechanism, User: "admin", PasswordFile: path}, append(kafkatest.Client(), gate.Option())...)
	renewed(t, c, k.ListenAddrs()[0], "", mechanism, func(password string) { alter(t, c, kadm.ScramSha256, password) }, func(is bool) {
		refusing.Store(is)
		gate.Set(kafkatest.Here) // ends the connections that are there
	})
}

// renewed reads at an address while the password is changed. c makes the topic; refuse is told when the broker is to ask for the new one.
func renewed(t *testing.T, c *cluster, address, ca, mechanism string, change func(password string), refuse func(is bool)) {
	const first, second = "the first password", "the second password"
	path := filepath.Join(t.TempDir(), "password")
	keep := func(password string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	change(first)
	keep(first)
	topic, noted := c.topic(t, 1, "LogAppendTime"), make(chan string, 1000)
	opt := options(c, topic)
	opt.Brokers, opt.Secure = []string{address}, Secure{CA: ca, Mechanism: mechanism, User: rotating, PasswordFile: path}
	opt.Note = func(text string) { noted <- text }
	l, err := Open(t.Context(), opt, decoder(t, rows.JSON))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r, err := l.Open(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	read := make(chan error, 1)
	put := func() {
		t.Helper()
		c.put(t, &kgo.Record{Topic: topic, Value: jsonOf([]feedtest.LogRow{{Unit: 1 << 60, Time: feedtest.LogMonday, Cell: "c1"}})})
	}
	next := func() {
		var b event.Batch
		_, err := r.Next(t.Context(), feedtest.LogDoor(0), &b)
		read <- err
	}
	put()
	if next(); <-read != nil {
		t.Fatal("nothing could be read with the first password")
	}
	change(second)
	refuse(true)
	go next()
	for text := ""; !strings.Contains(text, "does not accept"); {
		if text = <-noted; strings.Contains(text, first) || strings.Contains(text, second) {
			t.Errorf("noted %q", text)
		}
	}
	select {
	case err := <-read:
		t.Errorf("the reader did not wait: %v", err)
	default:
	}
	refuse(false)
	keep(second)
	put()
	if err := <-read; err != nil {
		t.Fatal(err)
	}
}
