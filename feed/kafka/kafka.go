// Package kafka reads a topic of Apache Kafka as a log.
//
// The topic is keyed by the unit, and its broker stamps what it takes in: message.timestamp.type is LogAppendTime. A stamp
// of the producer would let one record decide what is late for others (privacy.md, section 2).
package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/rows"
)

// Heartbeat is the header of a record without a value that moves the clock of the log and nothing else.
const Heartbeat = "throng-heartbeat"

// Options say which topic is read and how it is reached.
type Options struct {
	// Brokers are host:port of some brokers. Required.
	Brokers []string
	// Topic is the name of the topic. Required.
	Topic string
	// Group is the consumer group, for offsets that show how far throng is and for Join. Required.
	Group string
	// Secure says how connections are encrypted and who we are. Default: neither.
	Secure Secure
	// ByColumn is of a log that is replayed, with invented or public data: a column of the row tells when it arrived, heartbeats carry
	// the time in the value of their header (milliseconds since 1970 UTC, as text), and the stamps of the log mean nothing. Default:
	// false, the stamps of the log.
	ByColumn bool
	// Note is told when a broker is away and when it is back, in a sentence without data. It may be called from any
	// goroutine. Default: nobody is.
	Note func(text string)
	// Client are further options of the client: what a fake broker needs. Default: none.
	Client []kgo.Opt
}

// Log is a topic. It implements feed.Log.
type Log struct {
	opt        Options
	decoder    *rows.Decoder
	common     []kgo.Opt
	client     *kgo.Client // of everything but reading
	admin      *kadm.Client
	name       string
	partitions int
	spent      spent

	lock   sync.Mutex
	closed bool
	open   map[*kgo.Client]bool // of readers
	group  *Group
}

var _ feed.Log = (*Log)(nil)

// Open looks at the topic and refuses one that cannot be counted from. Rows are decoded by clones of the decoder. Errors
// about the topic are of type *feed.Error.
func Open(ctx context.Context, opt Options, decoder *rows.Decoder) (*Log, error) {
	secure, err := opt.Secure.options()
	if err != nil {
		return nil, err
	}
	if opt.Note == nil {
		opt.Note = func(string) {}
	}
	l := &Log{opt: opt, decoder: decoder, open: map[*kgo.Client]bool{}}
	l.common = append(append(secure, opt.Client...), kgo.SeedBrokers(opt.Brokers...), kgo.ClientID("throng"),
		kgo.RetryBackoffFn(backoff), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if l.client, err = kgo.NewClient(l.common...); err != nil {
		return nil, &feed.Error{Kind: feed.Invalid, File: l.where(), Got: "options that the client refuses", Hint: "correct feed.kafka", Cause: err}
	}
	l.admin = kadm.NewClient(l.client)
	err = l.look(ctx)
	l.client.Close()
	if err != nil {
		return nil, err
	}
	// A connection that ends at once is a wrong option at first, and a broker that is restarted once we have been let in.
	l.common = append(l.common, kgo.AlwaysRetryEOF(), kgo.WithHooks(&watch{note: opt.Note}))
	if l.client, err = kgo.NewClient(l.common...); err != nil {
		return nil, err
	}
	l.admin = kadm.NewClient(l.client)
	return l, nil
}

// backoff is how long is waited after so many failures in a row: a tenth of a second at first, five seconds at most.
func backoff(failures int) time.Duration {
	return min(5*time.Second, 100*time.Millisecond<<min(failures, 10))
}

func (l *Log) where() string { return "kafka topic " + l.opt.Topic }

func (l *Log) wrong(kind feed.Kind, got, want, hint string, cause error) error {
	return &feed.Error{Kind: kind, File: l.where(), Got: got, Want: want, Hint: hint, Cause: cause}
}

// look reads what the topic is: its id, its partitions, and who stamps.
func (l *Log) look(ctx context.Context) error {
	topics, err := l.admin.ListTopics(ctx, l.opt.Topic)
	if err != nil {
		return l.unreached(ctx, err)
	}
	t := topics[l.opt.Topic]
	switch {
	case errors.Is(t.Err, kerr.UnknownTopicOrPartition) || len(t.Partitions) == 0 && t.Err == nil:
		return l.wrong(feed.Missing, "no such topic", "a topic that is there", "create it with message.timestamp.type=LogAppendTime, or correct feed.kafka.topic", t.Err)
	case IsAway(t.Err):
		return l.unreached(ctx, t.Err)
	case t.Err != nil:
		return l.wrong(feed.Invalid, "an answer of the broker: "+word(t.Err), "the topic", "correct the rights of the user on the topic", t.Err)
	}
	l.partitions, l.name = len(t.Partitions), fmt.Sprintf("kafka/%s/%s", l.opt.Topic, t.ID)
	configs, err := l.admin.DescribeTopicConfigs(ctx, l.opt.Topic)
	if err == nil {
		var c kadm.ResourceConfig
		c, err = configs.On(l.opt.Topic, nil)
		if err == nil {
			err = c.Err
		}
		if err == nil {
			return l.checkConfig(c)
		}
	}
	if IsAway(err) {
		return l.unreached(ctx, err)
	}
	return l.wrong(feed.Invalid, "options of the topic that cannot be read: "+word(err), "the right DESCRIBE_CONFIGS on it", "give it to the user", err)
}

func (l *Log) unreached(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	at := strings.Join(l.opt.Brokers, ", ")
	if r := refused(err); r != nil {
		return l.wrong(feed.Invalid, r.got, "to be let in at "+at, r.hint, err)
	}
	if ended := (*kgo.ErrFirstReadEOF)(nil); errors.As(err, &ended) {
		return l.wrong(feed.Missing, "no broker that answers at "+at+", for connections end at once", "a cluster", "correct the port in feed.kafka.brokers, or feed.kafka.tls and sasl: the broker wants TLS or a password and the contract has none, or the other way round", err)
	}
	return l.wrong(feed.Missing, "no broker that answers at "+at, "a cluster", "correct feed.kafka.brokers, tls and sasl", err)
}

func (l *Log) checkConfig(c kadm.ResourceConfig) error {
	value := func(key string) string {
		i := slices.IndexFunc(c.Configs, func(c kadm.Config) bool { return c.Key == key })
		if i < 0 {
			return ""
		}
		return c.Configs[i].MaybeValue()
	}
	if by := value("message.timestamp.type"); by != "LogAppendTime" {
		return l.wrong(feed.Refused, fmt.Sprintf("message.timestamp.type=%.20s", by), "LogAppendTime: arrival is the stamp of the log, not of a producer", l.command(), nil)
	}
	if policy := value("cleanup.policy"); strings.Contains(policy, "compact") {
		return l.wrong(feed.Refused, "cleanup.policy="+policy, "delete: a compacted topic loses rows", "keep it by time, with cleanup.policy=delete", nil)
	}
	return nil
}

// command is what sets the stamps right.
func (l *Log) command() string {
	return fmt.Sprintf("run: kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config message.timestamp.type=LogAppendTime", l.opt.Brokers[0], l.opt.Topic)
}

// word is the name of an error of the protocol, which holds no data.
func word(err error) string {
	var known *kerr.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return "none that says why"
}

// Name is kafka/TOPIC/ID: a topic that was made anew is another log.
func (l *Log) Name() string { return l.name }

// Partitions is what the topic had when it was opened.
func (l *Log) Partitions() int { return l.partitions }

// newReader makes a client for one reader.
func (l *Log) newReader(opts ...kgo.Opt) (*kgo.Client, error) {
	client, err := kgo.NewClient(append(slices.Clone(l.common), opts...)...)
	if err != nil {
		return nil, l.wrong(feed.Invalid, "options that the client refuses", "", "correct feed.kafka", err)
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.closed {
		client.Close()
		return nil, net.ErrClosed
	}
	l.open[client] = true
	return client, nil
}

func (l *Log) closeReader(client *kgo.Client) {
	l.lock.Lock()
	delete(l.open, client)
	l.lock.Unlock()
	client.Close()
}

// Release commits offsets in the group, which only displays of lag read: where throng goes on stands in its own state.
func (l *Log) Release(ctx context.Context, partition int, before feed.Offset) error {
	l.lock.Lock()
	group := l.group
	l.lock.Unlock()
	if group != nil { // while a group has members, only they may commit
		return group.commit(ctx, partition, before)
	}
	offsets := kadm.Offsets{}
	offsets.AddOffset(l.opt.Topic, int32(partition), int64(before), -1)
	if err := Persist(ctx, func() error { return l.admin.CommitAllOffsets(ctx, l.opt.Group, offsets) }); err != nil {
		return l.uncommitted(ctx, err)
	}
	return nil
}

func (l *Log) uncommitted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return l.wrong(feed.Invalid, "an offset that the group does not take: "+word(err), "the right READ on group "+l.opt.Group, "give it to the user", err)
}

// Beat puts a heartbeat into every partition and returns when all are there.
func (l *Log) Beat(ctx context.Context) error {
	var beats []*kgo.Record
	for p := range l.partitions {
		beats = append(beats, &kgo.Record{Topic: l.opt.Topic, Partition: int32(p), Headers: []kgo.RecordHeader{{Key: Heartbeat}}})
	}
	if err := l.client.ProduceSync(ctx, beats...).FirstErr(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return l.wrong(feed.Invalid, "a heartbeat that the topic does not take: "+word(err), "the right WRITE on it", "give it to the user, or let the producers send heartbeats", err)
	}
	return nil
}

// Close ends all readers and the group. It may be called twice.
func (l *Log) Close() error {
	l.lock.Lock()
	if l.closed {
		l.lock.Unlock()
		return nil
	}
	l.closed = true
	open, group := l.open, l.group
	l.open = nil
	l.lock.Unlock()
	if group != nil {
		group.Close()
	}
	for client := range open {
		client.Close()
	}
	l.client.Close()
	return nil
}

// watch tells when a broker is away, why where that can be told, and when it is back.
type watch struct {
	note func(string)
	lock sync.Mutex
	away map[string]string // what was said of a broker that is away
}

// OnBrokerConnect is called by the client after every attempt.
func (w *watch) OnBrokerConnect(b kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	at := net.JoinHostPort(b.Host, fmt.Sprint(b.Port))
	said := ""
	if err != nil {
		said = "does not answer; trying again until it does"
	}
	if r := refused(err); r != nil {
		said = "does not let us in: got " + r.got + "; " + r.hint + "; trying again until it does"
	}
	w.lock.Lock()
	before := w.away[at]
	if w.away == nil {
		w.away = map[string]string{}
	}
	w.away[at] = said
	w.lock.Unlock()
	switch {
	case said == before:
	case said == "":
		w.note("kafka: broker " + at + " answers again")
	default:
		w.note("kafka: broker " + at + " " + said)
	}
}
