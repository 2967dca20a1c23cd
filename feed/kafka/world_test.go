package kafka

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/feed/feedtest"
	"github.com/throng-stats/throng/feed/kafka/kafkatest"
	"github.com/throng-stats/throng/feed/rows"
)

// cluster is a broker and a client that makes topics and produces.
type cluster struct {
	brokers []string
	client  *kgo.Client
	admin   *kadm.Client
	secure  Secure
	extra   []kgo.Opt // of readers
}

var topics atomic.Int64

// fake is a broker in this process.
func fake(t testing.TB) *cluster {
	t.Helper()
	k := kafkatest.New(t)
	return connect(t, k.ListenAddrs(), Secure{}, kafkatest.Client()...)
}

// real is the broker of THRONG_KAFKA.
func real(t testing.TB) *cluster {
	t.Helper()
	address := os.Getenv("THRONG_KAFKA")
	if address == "" {
		t.Skip("no real broker: start one with tools/kafka.sh start, and give its address in THRONG_KAFKA")
	}
	return connect(t, strings.Split(address, ","), Secure{})
}

func connect(t testing.TB, brokers []string, secure Secure, extra ...kgo.Opt) *cluster {
	t.Helper()
	opts, err := secure.options()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(brokers...), kgo.ProducerLinger(0))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &cluster{brokers, client, kadm.NewClient(client), secure, extra}
}

// topic makes a topic of its own.
func (c *cluster) topic(t testing.TB, partitions int, stamps string) string {
	t.Helper()
	name := fmt.Sprintf("throng-%d-%d", os.Getpid(), topics.Add(1))
	if stamps != "LogAppendTime" {
		name = kafkatest.Unstamped + name
	}
	r, err := c.admin.CreateTopic(t.Context(), int32(partitions), 1, map[string]*string{"message.timestamp.type": &stamps}, name)
	if err != nil || r.Err != nil {
		t.Fatal(err, r.Err)
	}
	c.awaits(t, name, "")
	return name
}

// awaits waits until the broker tells of a topic, and of another one than was there before under its name.
func (c *cluster) awaits(t testing.TB, topic, before string) {
	t.Helper()
	for {
		list, err := c.admin.ListTopics(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		if one := list[topic]; list.Error() == nil && len(one.Partitions) > 0 && (before == "" || !strings.HasSuffix(before, one.ID.String())) {
			return
		}
	}
}

func (c *cluster) put(t testing.TB, records ...*kgo.Record) {
	t.Helper()
	if err := c.client.ProduceSync(context.Background(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func options(c *cluster, topic string) Options {
	return Options{Brokers: c.brokers, Topic: topic, Group: "throng-" + topic, Secure: c.secure, Client: c.extra}
}

func decoder(t testing.TB, format string) *rows.Decoder {
	t.Helper()
	d, err := rows.New(feedtest.LogOptions(), rows.Options{Format: format}, feedtest.LogGround())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func open(t testing.TB, c *cluster, topic, format string) *Log {
	t.Helper()
	l, err := Open(t.Context(), options(c, topic), decoder(t, format))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func jsonOf(list []feedtest.LogRow) []byte {
	var s strings.Builder
	for _, r := range list {
		fmt.Fprintf(&s, "{\"u\":%d,\"t\":%d,\"c\":%q,\"note\":[]}\n", r.Unit, r.Time, r.Cell)
	}
	return []byte(s.String())
}

func packedOf(list []feedtest.LogRow) []byte {
	u, at, c := rows.Column{Name: "u"}, rows.Column{Name: "t"}, rows.Column{Name: "c"}
	for _, r := range list {
		u.Wholes, at.Wholes, c.Texts = append(u.Wholes, r.Unit), append(at.Wholes, r.Time), append(c.Texts, r.Cell)
	}
	return rows.Pack(nil, u, at, c)
}

func (c *cluster) setStamps(t testing.TB, topic, by string) {
	t.Helper()
	if _, err := c.admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "message.timestamp.type", Value: &by}}, topic); err != nil {
		t.Fatal(err)
	}
}
