package kafka

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// spent is memory of records whose rows are in a batch, for records to come: a record is larger than a row, and else the garbage
// collector would have more work than the count. The client overwrites it with zeros before it comes here.
type spent struct{ records, bytes sync.Pool }

var (
	_ kgo.PoolRecords         = (*spent)(nil)
	_ kgo.PoolDecompressBytes = (*spent)(nil)
)

// GetRecords gives room for n records, or less, and the client makes more.
func (s *spent) GetRecords(int) []kgo.Record {
	if of, ok := s.records.Get().(*[]kgo.Record); ok {
		return *of
	}
	return nil
}

// PutRecords takes the room of records back.
func (s *spent) PutRecords(of []kgo.Record) { s.records.Put(&of) }

// GetDecompressBytes gives room to unpack a batch.
func (s *spent) GetDecompressBytes(packed []byte, _ kgo.CompressionCodecType) []byte {
	if of, ok := s.bytes.Get().(*[]byte); ok {
		return *of
	}
	return make([]byte, 0, 4*len(packed))
}

// PutDecompressBytes takes that room back.
func (s *spent) PutDecompressBytes(of []byte) { s.bytes.Put(&of) }
