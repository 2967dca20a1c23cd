package driver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/driver/kafka"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/follow"
	"github.com/throng-stats/throng/feed/journal"
	feedkafka "github.com/throng-stats/throng/feed/kafka"
	"github.com/throng-stats/throng/feed/push"
	"github.com/throng-stats/throng/feed/rows"
)

// openLog opens the log that the contract names: a folder whose files are followed, a topic, or an address at which rows
// are taken in.
func (l *liver) openLog(ctx context.Context) (feed.Log, error) {
	switch l.job.Contract.Source() {
	case config.SourceKafka:
		return l.job.OpenTopic(ctx, l.say)
	case config.SourcePush:
		return l.listen(ctx)
	}
	options := l.job.feed
	options.Files, options.Strict = l.job.Contract.Patterns(), false
	return follow.New(follow.Options{Feed: options, ByColumn: l.job.Contract.Feed.Arrival == "column", Ground: l.job.Ground, State: l.runner.opt.State,
		Now: l.runner.opt.Now, Note: l.say})
}

func (l *liver) say(text string) { l.note("%s", text) }

// stamped are the options of a feed whose log stamps its entries.
func (j *Job) stamped() feed.Options {
	options := j.feed
	options.Stamped, options.Strict = j.Contract.Feed.Arrival != "column", false
	return options
}

// OpenTopic opens the topic that the contract names.
func (j *Job) OpenTopic(ctx context.Context, note func(string)) (*feedkafka.Log, error) {
	k := j.Contract.KafkaOptions()
	form := rows.Options{Format: k.Format, Header: k.Header, Note: note}
	if k.Schema != "" {
		text, err := read(k.Schema, "feed.kafka.schema")
		if err != nil {
			return nil, err
		}
		form.Schema = text
	}
	decoder, err := rows.New(j.stamped(), form, j.Ground)
	if err != nil {
		return nil, err
	}
	return feedkafka.Open(ctx, j.topicOptions(note), decoder)
}

func (j *Job) topicOptions(note func(string)) feedkafka.Options {
	k := j.Contract.KafkaOptions()
	return feedkafka.Options{Brokers: k.Brokers, Topic: k.Topic, Group: k.Group, Note: note, ByColumn: j.Contract.Feed.Arrival == "column",
		Secure: feedkafka.Secure{CA: k.TLS.CA, Cert: k.TLS.Cert, Key: k.TLS.Key, Mechanism: k.SASL.Mechanism, User: k.SASL.User, PasswordFile: k.SASL.PasswordFile}}
}

// OpenBoard opens the board of the workers of a topic, which has a topic of its own: that of the log and -throng-, and the id of the feed.
// The first of its keys seals; any opens.
func (j *Job) OpenBoard(ctx context.Context, log feed.Log, keys [][32]byte) (*kafka.Sealed, error) {
	k := j.Contract.KafkaOptions()
	common, err := feedkafka.Reach(j.topicOptions(nil))
	if err != nil {
		return nil, err
	}
	topic, err := kafka.OpenTopic(ctx, k.Topic+"-throng-"+j.Contract.Feed.ID, log.Partitions(), common...)
	if err != nil {
		return nil, err
	}
	return kafka.Seal(topic, log.Name(), keys...), nil
}

// listen takes rows in at an address, and keeps them in a journal in the state folder until they are counted.
func (l *liver) listen(ctx context.Context) (feed.Log, error) {
	p := l.job.Contract.PushOptions()
	token, err := push.ReadToken(p.TokenFile)
	if err != nil {
		return nil, err
	}
	encryption, err := encrypted(p.TLS)
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(journal.Options{Files: journal.Disk(filepath.Join(l.runner.opt.State, "journal")), Key: journalKey(l.state.key),
		Spread: l.state.kept.spread, Now: l.runner.opt.Now, Name: l.job.Contract.LogName(), Partitions: l.runner.opt.Tuning.Workers})
	if err != nil {
		return nil, err
	}
	now := l.runner.opt.Now().UnixMilli()
	door, err := l.door(ctx, now, now)
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	log, err := push.Listen(push.Options{Journal: j, Feed: l.job.stamped(), Ground: l.job.Ground, Token: token, Formats: p.Format, Note: l.say}, p.Listen, encryption, door)
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	l.note("taking rows in at %s: POST /v1/events", log.Addr())
	return log, nil
}

// encrypted reads the certificates of an address, or answers nil where it has none.
func encrypted(t config.TLS) (*tls.Config, error) {
	if t.Cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, &Error{Kind: Invalid, Text: "feed.push.tls: certificate and key do not belong together or cannot be read"}
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if t.CA == "" {
		return c, nil
	}
	text, err := os.ReadFile(t.CA)
	c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if err != nil || !c.ClientCAs.AppendCertsFromPEM(text) {
		return nil, &Error{Kind: Invalid, Text: "feed.push.tls.ca: the file has no roots in PEM, or cannot be read"}
	}
	return c, nil
}

// beatEvery is how often a log that this process fills itself is given a heartbeat.
const beatEvery = 5 * time.Second

// tend keeps a log going that this process fills itself: it has the keys of the day, and a clock that goes on in silence.
func (l *liver) tend(ctx context.Context) error {
	own, ok := l.log.(*push.Log)
	if !ok {
		return nil
	}
	now := l.runner.opt.Now()
	door, err := l.door(ctx, now.UnixMilli(), now.UnixMilli())
	if err != nil {
		return err
	}
	if door != l.through {
		own.Through(door)
		l.through = door
	}
	if now.Sub(l.beaten) < beatEvery {
		return nil
	}
	l.beaten = now
	if err := own.Beat(ctx); err != nil && !errors.Is(err, journal.ErrBusy) && !errors.Is(err, journal.ErrClosed) {
		return err
	}
	return nil
}
