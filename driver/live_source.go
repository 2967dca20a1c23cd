package driver

import (
	"time"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/feed/follow"
)

// openLog opens the log that the contract names: a folder whose files are followed, a topic, or an address at which rows
// are taken in.
func (j *Job) openLog(state string, now func() time.Time, note func(string)) (feed.Log, error) {
	c := j.Contract
	switch c.Source() {
	case config.SourceKafka, config.SourcePush:
		return nil, &Error{Kind: Invalid, Text: "feed." + c.Source() + " is not followed by this version; deliver files"}
	}
	options := j.feed
	options.Files, options.Strict = c.Patterns(), false
	return follow.New(follow.Options{Feed: options, ByColumn: c.Feed.Arrival == "column", Ground: j.Ground, State: state, Now: now, Note: note})
}
