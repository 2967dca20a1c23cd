package kafka

import (
	"testing"

	"github.com/throng-stats/throng/feed/rows"
)

// TestRealBroker runs the suite, transactions and the group against the broker of THRONG_KAFKA (tools/kafka.sh start).
func TestRealBroker(t *testing.T) {
	c := real(t)
	t.Run("log", func(t *testing.T) { suite(t, c, rows.JSON, jsonOf) })
	t.Run("transactions", func(t *testing.T) { transactions(t, c) })
	t.Run("group", func(t *testing.T) { group(t, c) })
	t.Run("gone", func(t *testing.T) { gone(t, c) })
}
