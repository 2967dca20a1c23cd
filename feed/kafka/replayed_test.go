package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/event"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/rows"
	"github.com/throng-stats/throng/locate"
)

// TestReplayed: of data that are replayed a column tells when a row arrived and the header of a heartbeat how far the clock is; the stamps of
// the log, which are those of today, mean nothing.
func TestReplayed(t *testing.T) {
	c := fake(t)
	topic := c.topic(t, 1, "LogAppendTime")
	opts := feed.Options{Kind: feed.Events, Unit: "subscriber", Columns: []feed.Column{{Name: "u", As: "subscriber", Type: "int"}, {Name: "t", As: "time", Type: "int"},
		{Name: "c", As: "cell", Type: "text"}, {Name: "a", As: "arrival", Type: "int"}}}
	decoder, err := rows.New(opts, rows.Options{Format: rows.JSON}, &locate.Ground{})
	if err != nil {
		t.Fatal(err)
	}
	log, err := Open(t.Context(), Options{Brokers: c.brokers, Topic: topic, Group: "g", Client: c.extra, ByColumn: true}, decoder)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c.put(t, &kgo.Record{Topic: topic, Value: []byte(`{"u":1,"t":1000,"c":"x","a":2000}` + "\n" + `{"u":2,"t":900,"c":"x","a":1500}`)},
		&kgo.Record{Topic: topic, Headers: []kgo.RecordHeader{{Key: Heartbeat, Value: []byte("9000")}}})
	reader, err := log.Open(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	door := feed.NewDoor([]throng.Period{{Name: "1970-01-01", End: 86400e3}}, [][16]byte{{1}}, nil)
	var b event.Batch
	var arrivals []int64
	for clock := int64(0); clock < 9000; {
		mark, err := reader.Next(t.Context(), door, &b)
		if err != nil {
			t.Fatal(err)
		}
		if arrivals = append(arrivals, b.Arrival...); mark.Clock > 9000 {
			t.Fatalf("the clock is at %d: a stamp of the log was taken for one of the region", mark.Clock)
		}
		clock = mark.Clock
	}
	if len(arrivals) != 2 || arrivals[0] != 2000 || arrivals[1] != 1500 {
		t.Errorf("arrivals %v, want 2000 and 1500", arrivals)
	}
}
