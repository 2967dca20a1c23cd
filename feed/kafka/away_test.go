package kafka

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed/feedtest"
	"github.com/throng-stats/throng/feed/kafka/kafkatest"
	"github.com/throng-stats/throng/feed/rows"
)

// TestBack: a broker that is away, or ends connections while it comes and goes, is waited for: by a reader, a heartbeat, an offset. One
// that is not there at the beginning is an error.
func TestBack(t *testing.T) {
	for name, how := range map[string]kafkatest.Away{"refused": kafkatest.Refused, "ended": kafkatest.Ended} {
		t.Run(name, func(t *testing.T) {
			c := fake(t)
			topic := c.topic(t, 1, "LogAppendTime")
			gate := kafkatest.NewGate()
			c.extra = append(c.extra, gate.Option())
			l := open(t, c, topic, rows.JSON)
			r, err := l.Open(t.Context(), 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			next := func() int {
				t.Helper()
				var b event.Batch
				for b.Len() == 0 {
					if _, err := r.Next(t.Context(), feedtest.LogDoor(0), &b); err != nil {
						t.Fatal(err)
					}
				}
				return b.Len()
			}
			put := func() {
				c.put(t, &kgo.Record{Topic: topic, Value: jsonOf([]feedtest.LogRow{{Unit: 1 << 60, Time: feedtest.LogMonday, Cell: "c1"}})})
			}
			put()
			next()
			gate.Set(how)
			put()
			done := make(chan error, 2)
			go func() { done <- l.Beat(t.Context()) }()
			go func() { done <- l.Release(t.Context(), 0, 1) }()
			if err := gate.AwaitTurned(t.Context(), 8); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), options(c, topic), decoder(t, rows.JSON)); err == nil || !strings.Contains(err.Error(), "no broker that answers") {
				t.Errorf("opened without a broker: got %v", err)
			}
			gate.Set(kafkatest.Here)
			for range 2 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			if n := next(); n != 1 {
				t.Errorf("%d rows after the broker was back, want 1", n)
			}
		})
	}
}

// TestAwayInBetween: a broker that goes while it is asked about the topic is away, and no right is missing.
func TestAwayInBetween(t *testing.T) {
	k := kafkatest.New(t)
	c := connect(t, k.ListenAddrs(), Secure{}, kafkatest.Client()...)
	topic := c.topic(t, 1, "LogAppendTime")
	for range 50 {
		k.ControlKey(int16(kmsg.DescribeConfigs), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, errors.New("ends the connection"), true })
	}
	if _, err := Open(t.Context(), options(c, topic), decoder(t, rows.JSON)); err == nil || !strings.Contains(err.Error(), "no broker that answers") {
		t.Errorf("got %v", err)
	}
}
