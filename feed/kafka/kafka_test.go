package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/feedtest"
	"github.com/throng-stats/throng/feed/kafka/kafkatest"
	"github.com/throng-stats/throng/feed/rows"
)

// TestLog: a topic is a log.
func TestLog(t *testing.T) {
	c := fake(t)
	for name, encode := range map[string]func([]feedtest.LogRow) []byte{rows.JSON: jsonOf, rows.Packed: packedOf} {
		t.Run(name, func(t *testing.T) { suite(t, c, name, encode) })
	}
}

func suite(t *testing.T, c *cluster, format string, encode func([]feedtest.LogRow) []byte) {
	feedtest.RunLog(t, feedtest.LogSubject{New: func(t *testing.T) *feedtest.LogFixture {
		topic := c.topic(t, 3, "LogAppendTime")
		l := open(t, c, topic, format)
		return &feedtest.LogFixture{
			Log: l,
			Put: func(t *testing.T, list []feedtest.LogRow) {
				c.put(t, &kgo.Record{Topic: topic, Key: fmt.Append(nil, list[0].Unit), Value: encode(list)})
			},
			Break: func(t *testing.T) { c.put(t, &kgo.Record{Topic: topic, Value: []byte("{]")}) },
			Beat: func(t *testing.T) {
				if err := l.Beat(t.Context()); err != nil {
					t.Fatal(err)
				}
			},
		}
	}})
}

// TestRefusals: what cannot be counted from is refused at once, with the command that sets it right.
func TestRefusals(t *testing.T) {
	c := fake(t)
	compact := c.topic(t, 1, "LogAppendTime")
	policy := "compact"
	if _, err := c.admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "cleanup.policy", Value: &policy}}, compact); err != nil {
		t.Fatal(err)
	}
	for topic, want := range map[string]string{
		"nowhere":                   "no such topic",
		c.topic(t, 1, "CreateTime"): "--add-config message.timestamp.type=LogAppendTime",
		compact:                     "compact",
	} {
		_, err := Open(t.Context(), options(c, topic), decoder(t, rows.JSON))
		var known *feed.Error
		if !errors.As(err, &known) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", topic, err, want)
		}
	}
	o := options(c, "x")
	for _, s := range []Secure{{CA: "nowhere.pem"}, {CA: "kafka_test.go"}, {CA: "system", Cert: "kafka_test.go", Key: "kafka_test.go"}, {Mechanism: "plain", User: "u", PasswordFile: "nowhere"}, {Mechanism: "gssapi", PasswordFile: "kafka_test.go"}} {
		o.Secure = s
		if _, err := Open(t.Context(), o, decoder(t, rows.JSON)); err == nil || strings.Contains(err.Error(), "package kafka") {
			t.Errorf("%+v: got %v, want an error that tells nothing of the file", s, err)
		}
	}
}

// TestStampsOfProducers: a topic that begins to take stamps of producers while it is read stops the reader.
func TestStampsOfProducers(t *testing.T) {
	c := fake(t)
	topic := c.topic(t, 1, "CreateTime")
	c.setStamps(t, topic, "LogAppendTime")
	l := open(t, c, topic, rows.JSON)
	c.setStamps(t, topic, "CreateTime")
	c.put(t, &kgo.Record{Topic: topic, Value: jsonOf([]feedtest.LogRow{{Unit: 1, Time: feedtest.LogMonday, Cell: "c1"}})})
	if err := nextError(t, l, 0, 0); err == nil || !strings.Contains(err.Error(), "producer has stamped") {
		t.Errorf("got %v, want a refusal", err)
	}
}

// nextError reads until something goes wrong.
func nextError(t *testing.T, l *Log, partition int, from feed.Offset) error {
	t.Helper()
	r, err := l.Open(t.Context(), partition, from)
	if err != nil {
		return err
	}
	defer r.Close()
	var b event.Batch
	for {
		if _, err := r.Next(t.Context(), feedtest.LogDoor(0), &b); err != nil {
			if b.Len() != 0 {
				t.Errorf("an error comes with %d rows", b.Len())
			}
			return err
		}
	}
}

// TestGone: what was deleted is never skipped: not by age, not with the topic, not from behind its end.
func TestGone(t *testing.T) { gone(t, fake(t)) }

func gone(t *testing.T, c *cluster) {
	topic := c.topic(t, 1, "LogAppendTime")
	l := open(t, c, topic, rows.JSON)
	for i := range 10 {
		c.put(t, &kgo.Record{Topic: topic, Value: jsonOf([]feedtest.LogRow{{Unit: int64(i), Time: feedtest.LogMonday, Cell: "c1"}})})
	}
	at := make(kadm.Offsets)
	at.AddOffset(topic, 0, 5, -1)
	if _, err := c.admin.DeleteRecords(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	for _, from := range []feed.Offset{3, 40} {
		if err := nextError(t, l, 0, from); err == nil || !strings.Contains(err.Error(), "does not have this offset") {
			t.Errorf("from %d of 5 to 10: got %v, want an error", from, err)
		}
	}
	before := l.Name()
	if r, err := c.admin.DeleteTopic(t.Context(), topic); err != nil || r.Err != nil {
		t.Fatal(err, r.Err)
	}
	if r, err := c.admin.CreateTopic(t.Context(), 1, 1, map[string]*string{"message.timestamp.type": ptr("LogAppendTime")}, topic); err != nil || r.Err != nil {
		t.Fatal(err, r.Err)
	}
	c.awaits(t, topic, before)
	if again := open(t, c, topic, rows.JSON); again.Name() == before {
		t.Error("a topic that was made anew has the name of the old one")
	}
}

func ptr(s string) *string { return &s }

// TestTransactions: rows of a transaction that was given up are not there, and a part ends behind them.
func TestTransactions(t *testing.T) { transactions(t, fake(t)) }

func transactions(t *testing.T, c *cluster) {
	topic := c.topic(t, 1, "LogAppendTime")
	l := open(t, c, topic, rows.JSON)
	producer, err := kgo.NewClient(kgo.SeedBrokers(c.brokers...), kgo.TransactionalID(topic), kgo.ProducerLinger(0))
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	var want []int64
	for i := range 6 {
		if err := producer.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		ms := int64(feedtest.LogMonday + i)
		if err := producer.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: jsonOf([]feedtest.LogRow{{Unit: 1, Time: ms, Cell: "c1"}})}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		commit := kgo.TransactionEndTry(i%3 != 1)
		if err := producer.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
		if commit == kgo.TryCommit {
			want = append(want, ms)
		}
	}
	if err := l.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := l.Open(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b event.Batch
	var got []int64
	var mark feed.Mark
	for mark.Next < 13 { // six rows, six marks of transactions, a heartbeat
		if mark, err = r.Next(t.Context(), feedtest.LogDoor(0), &b); err != nil {
			t.Fatal(err)
		}
		got = append(got, b.Time...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got the times %v, want %v", got, want)
	}
	for to := feed.Offset(0); to <= 13; to++ {
		var part []int64
		if err := feed.Each(t.Context(), l.Part(0, 0, to, feedtest.LogDoor(0)), func(b *event.Batch) error { part = append(part, b.Time...); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(part) > len(want) || !slices.Equal(part, want[:len(part)]) || to == 13 && len(part) != len(want) {
			t.Errorf("part up to %d: got %v of %v", to, part, want)
		}
	}
}

// TestIdentifiers: the error of a topic whose pseudonyms are phone numbers names the topic and no number.
func TestIdentifiers(t *testing.T) {
	c := fake(t)
	topic := c.topic(t, 1, "LogAppendTime")
	var list []feedtest.LogRow
	for i := range 2 * feed.SampleDistinct {
		list = append(list, feedtest.LogRow{Unit: 33612000000 + int64(i), Time: feedtest.LogMonday, Cell: "c1"})
	}
	c.put(t, &kgo.Record{Topic: topic, Value: jsonOf(list)})
	err := nextError(t, open(t, c, topic, rows.JSON), 0, 0)
	var known *feed.Error
	if !errors.As(err, &known) || known.Kind != feed.Refused || !strings.Contains(err.Error(), topic) || strings.Contains(err.Error(), "33612") {
		t.Errorf("got %v, want a refusal", err)
	}
}

// TestAway: while the broker is away the reader waits; it is noted once, without data, and reading goes on.
func TestAway(t *testing.T) {
	k := kafkatest.New(t)
	c := connect(t, k.ListenAddrs(), Secure{}, kafkatest.Client()...)
	topic := c.topic(t, 1, "LogAppendTime")
	var lock sync.Mutex
	var notes []string
	noted := make(chan bool, 100)
	opt := options(c, topic)
	opt.Note = func(text string) {
		lock.Lock()
		notes = append(notes, text)
		lock.Unlock()
		noted <- true
	}
	l, err := Open(t.Context(), opt, decoder(t, rows.JSON))
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Open(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		var b event.Batch
		_, err := r.Next(context.Background(), feedtest.LogDoor(0), &b)
		ended <- err
	}()
	k.Close()
	<-noted
	l.Close()
	if err := <-ended; err != io.EOF {
		t.Errorf("got %v, want io.EOF when the log was closed", err)
	}
	lock.Lock()
	defer lock.Unlock()
	if !strings.Contains(notes[0], "does not answer") {
		t.Errorf("got the notes %q", notes)
	}
}
