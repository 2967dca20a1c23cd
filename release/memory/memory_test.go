package memory

import (
	"testing"

	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) release.Store { return new(Store) })
}
