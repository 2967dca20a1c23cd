package driver

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/throng-stats/throng/driver/live"
	"github.com/throng-stats/throng/feed"
	"github.com/throng-stats/throng/release"
)

// liveVersion is the version of the files of a log that is followed.
const liveVersion = 2

// liveState is checkpoint/live.json: what all partitions have in common. It holds nothing of a person.
type liveState struct {
	Version    int    `json:"version"`
	Log        string `json:"log"`
	Partitions int    `json:"partitions"`
	Spec       string `json:"spec"` // digest of everything that shapes what is kept
	Since      int64  `json:"since"`
	Done       string `json:"done"`
	Seal       string `json:"seal"` // of all that stands above, under the key of the state
}

// seal is what Seal must be. Bits that flip in a digit would else move the beginning, or skip a day, without a word.
func (s liveState) seal(by *State) string {
	s.Seal = ""
	text, _ := json.Marshal(s)
	return by.Keyed("live checkpoint " + string(text))
}

// partState is what stands before the crowd in the checkpoint of a partition.
type partState struct {
	Spec  string      `json:"spec,omitempty"`
	First int64       `json:"first"`
	Next  feed.Offset `json:"next"`
	Trail []trailDay  `json:"trail"`
	Crowd []byte      `json:"crowd"`
}

// partFile is the file of a partition.
const partFile = "live-%04d.sealed"

func (s *State) livePath() string { return filepath.Join(s.Dir("checkpoint"), "live.json") }
func (l *liver) partPath(i int) string {
	return filepath.Join(l.state.Dir("checkpoint"), fmt.Sprintf(partFile, i))
}

// unsafeLive refuses a checkpoint.
func unsafeLive(what string) error {
	return &Error{Kind: Unsafe, Text: "the checkpoint of this log " + what + "; or remove checkpoint/live* to read the log again from its beginning: what is published stands"}
}

// readLive reads what all partitions have in common. Its errors are fs.ErrNotExist, and of kind Unsafe.
func readLive(by *State) (*liveState, error) {
	text, err := os.ReadFile(by.livePath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s := new(liveState)
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	switch {
	case err != nil:
		return nil, unsafeLive("cannot be read; restore checkpoint/live.json from its copy")
	case s.Version != liveVersion:
		return nil, unsafeLive(fmt.Sprintf("has version %d, and this program writes %d; go on with the program that wrote it", s.Version, liveVersion))
	case s.Seal != s.seal(by) || !bytes.Equal(text, s.text()): // a name in capitals would be read as the same
		return nil, unsafeLive("is damaged; restore checkpoint/live.json from its copy")
	}
	return s, nil
}

// liveSpec is the digest of everything that shapes what is kept: another plan or another lateness cannot go on with it.
func (j *Job) liveSpec(o live.Options) string {
	return release.Digest(fmt.Appendf(nil, "%s %s %d %d %d %v %v", j.placesDigest(), o.Bin, o.Late, o.Carry, o.Rows, o.Filter, o.Mobility))
}

// takeUp makes the partitions, as the last checkpoint left them.
func (l *liver) takeUp() error {
	for i := range l.log.Partitions() {
		l.parts = append(l.parts, newPart(l.job, l.log, l.opt, l.runner.opt.Now, l, i))
	}
	s, err := readLive(l.state)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case s.Log != l.log.Name() || s.Partitions != len(l.parts):
		return unsafeLive(fmt.Sprintf("is of %s with %d partitions, and this is %s with %d; go on with that, or give this contract a feed id of its own", s.Log, s.Partitions, l.log.Name(), len(l.parts)))
	case s.Spec != l.job.liveSpec(l.opt):
		return unsafeLive("was kept for another cell plan, lateness, bin or carry; finish with the old contract")
	}
	l.since = s.Since
	l.done.Store(s.Done)
	for i, p := range l.parts {
		err := l.takeUpPart(i, p)
		if errors.Is(err, live.ErrVersion) {
			return unsafeLive(fmt.Sprintf("is of another version in partition %d: %v; go on with the program that wrote it", i, err))
		}
		if err != nil {
			return unsafeLive(fmt.Sprintf("is damaged in partition %d: %v; restore checkpoint/%s from its copy", i, err, filepath.Base(l.partPath(i))))
		}
	}
	l.begun.Store(true)
	return l.forgetDone()
}

func (l *liver) takeUpPart(i int, p *livePart) error {
	sealed, err := os.ReadFile(l.partPath(i))
	if err != nil {
		return errors.New("the file cannot be read")
	}
	aead := l.state.aead()
	n := aead.NonceSize()
	if len(sealed) < n {
		return errors.New("the file ends early")
	}
	plain, err := aead.Open(nil, sealed[:n], sealed[n:], partName(i, l.log.Name()))
	if err != nil {
		return errors.New("it does not open with the key of this state folder")
	}
	var s partState
	if err := json.Unmarshal(plain, &s); err != nil {
		return errors.New("its text is not that of a checkpoint")
	}
	clear(plain)
	return p.restore(s)
}

func partName(i int, log string) []byte { return fmt.Appendf(nil, "live partition %d of %s", i, log) }

// save writes a checkpoint: of each partition state and offset as one, durably and sealed.
func (l *liver) save() error {
	if !l.begun.Load() {
		return nil
	}
	aead := l.state.aead()
	for i, p := range l.parts {
		p.mu.Lock()
		crowd := p.crowd.AppendState(nil)
		plain, err := json.Marshal(partState{First: p.first, Next: p.crowd.Mark().Next, Trail: p.trail, Crowd: crowd})
		p.mu.Unlock()
		clear(crowd)
		if err != nil {
			return err
		}
		nonce := make([]byte, aead.NonceSize())
		rand.Read(nonce)
		sealed := aead.Seal(nonce, nonce, plain, partName(i, l.log.Name()))
		clear(plain)
		if err := writeDurably(l.partPath(i), sealed, 0o600); err != nil {
			return err
		}
	}
	l.lastSave = l.runner.opt.Now()
	l.status.Checkpoint = l.lastSave
	return l.saveCommon()
}

// saveCommon writes down what all partitions have in common.
func (l *liver) saveCommon() error {
	s := liveState{liveVersion, l.log.Name(), l.log.Partitions(), l.job.liveSpec(l.opt), l.since, l.lastDone(), ""}
	s.Seal = s.seal(l.state)
	return writeDurably(l.state.livePath(), s.text(), 0o600)
}

// text is what stands in the file.
func (s *liveState) text() []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic("driver: numbers and strings are no JSON: " + err.Error())
	}
	return append(text, '\n')
}
