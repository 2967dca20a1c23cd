// Package kafkatest is a Kafka broker in the process of a test.
package kafkatest

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Unstamped begins the names of topics in which the stamps of producers stay, whatever the topic's options say.
const Unstamped = "unstamped-"

// New starts a broker that stamps what it takes in, as a real one does for topics with LogAppendTime. The fake broker by
// itself leaves that to a bit that no producer sets. It ends with the test.
func New(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	k, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	k.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		topics := req.(*kmsg.ProduceRequest).Topics
		for i := range topics {
			name := topics[i].Topic
			if name == "" { // since version 13 requests have ids
				if info := k.TopicIDInfo(topics[i].TopicID); info != nil {
					name = info.Topic
				}
			}
			for j := range topics[i].Partitions {
				if !strings.HasPrefix(name, Unstamped) {
					stamp(topics[i].Partitions[j].Records)
				}
			}
		}
		return nil, nil, false
	})
	return k
}

// Client are the options with which a client reads from the fake broker: its stamps do not change its digests.
func Client() []kgo.Opt { return []kgo.Opt{kgo.DisableFetchCRCValidation()} }

// Where attributes and the digest of what follows it lie in a batch of records, and the bit for stamps of the log.
const (
	crcAt        = 17
	attributesAt = 21
	appendTime   = 8
)

// stamp sets the bit by which the fake broker stamps a batch.
func stamp(batch []byte) {
	if len(batch) > attributesAt+1 {
		batch[attributesAt+1] |= appendTime
		binary.BigEndian.PutUint32(batch[crcAt:], crc32.Checksum(batch[attributesAt:], crc32.MakeTable(crc32.Castagnoli)))
	}
}
