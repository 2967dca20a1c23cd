package driver

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/throng-stats/throng/feed/journal"
	"github.com/throng-stats/throng/privacy/ledger"
)

// Files of keys in keys/.
const (
	keyName  = "state.key"
	nextName = "state.key.next" // the key that takes its place: there as long as something may be sealed under the old one
	keptName = "kept.key"
)

// keptKeys open nothing. They stay when the key of the state changes, for what they made is compared with what they will make.
type keptKeys struct {
	inputs [32]byte // of digests of inputs: which were read, and whether one has changed since
	spread [16]byte // of the spread of pseudonyms over partitions of the journal: a device stays where its last place is kept
}

// keptOf are those of a state whose key was never changed: they are worked out from it.
func keptOf(key [32]byte) keptKeys {
	return keptKeys{[32]byte(derive(key, "digest of inputs")), journal.SpreadKey(journalKey(key))}
}

func (s *State) keyPath(name string) string { return filepath.Join(s.Dir("keys"), name) }

// readKeys reads the keys of a state folder; next is set where a change of the key was begun. Where there is no key, the error is
// fs.ErrNotExist, and the state is there all the same.
func readKeys(dir string, now func() time.Time) (s *State, next *[32]byte, err error) {
	s = &State{dir: dir, now: now}
	if err := s.readKey(keyName, s.key[:]); err != nil {
		if _, kept := os.Stat(s.keyPath(keptName)); kept == nil && errors.Is(err, fs.ErrNotExist) {
			err = &Error{Kind: Corrupt, Text: "keys/state.key is gone, and a later one would not open what is there; restore the state folder from its copy"}
		}
		return s, nil, err
	}
	var kept [48]byte
	switch err := s.readKey(keptName, kept[:]); {
	case errors.Is(err, fs.ErrNotExist):
		s.kept = keptOf(s.key)
	case err != nil:
		return nil, nil, err
	default:
		s.kept = keptKeys{[32]byte(kept[:32]), [16]byte(kept[32:])}
	}
	var fresh [32]byte
	switch err := s.readKey(nextName, fresh[:]); {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil, nil
	case err != nil:
		return nil, nil, err
	}
	return s, &fresh, nil
}

func (s *State) readKey(name string, key []byte) error {
	text, err := os.ReadFile(s.keyPath(name))
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if len(text) != len(key) {
		return &Error{Kind: Corrupt, Text: fmt.Sprintf("keys/%s has %d bytes, want %d; restore the state folder from its copy", name, len(text), len(key))}
	}
	copy(key, text)
	return nil
}

// makeKey draws the first key.
func (s *State) makeKey() error {
	rand.Read(s.key[:])
	s.kept = keptOf(s.key)
	if err := writeDurably(s.keyPath(keyName), s.key[:], 0o600); err != nil {
		return err
	}
	return s.Log("state key made", "")
}

// RotateOptions are what Rotate takes from the world.
type RotateOptions struct {
	Now    func() time.Time // Default: time.Now.
	Random io.Reader        // The key is drawn from it. Default: the system's.
}

// Rotated is how many files were sealed under the new key.
type Rotated struct {
	Checkpoints int `json:"checkpoints"` // partitions of a log that is followed
	Sums        int `json:"sums"`        // months of which not all days are in
	Segments    int `json:"segments"`    // of the journal
}

// Rotate gives a state folder a new key. What is sealed at rest is sealed anew, file by file, each whole or not at all, and then the
// old key is destroyed: it opens nothing any more. A crash in between loses nothing; whoever opens the folder next, or Rotate, goes on.
// Digests of tables before the noise start anew. Digests of inputs go on to compare: their key opens nothing, and stays.
//
// Nobody may have the folder open: it is locked. The errors are of kind Missing, Busy, Unsafe and Corrupt; after one, the old key holds,
// or the folder goes on with the change when what is wrong is mended.
func Rotate(dir string, opt RotateOptions) (r Rotated, err error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Random == nil {
		opt.Random = rand.Reader
	}
	if _, err := os.Stat(filepath.Join(dir, "keys", keyName)); err != nil {
		return r, &Error{Kind: Missing, Text: fmt.Sprintf("there is no keys/%s in %s; name the state folder: that of the contract, or OUT-state", keyName, filepath.Base(dir))}
	}
	lock, err := ledger.Lock(ledger.Disk(filepath.Join(dir, "ledger")), "rotate")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	s, next, err := readKeys(dir, opt.Now)
	if err != nil {
		return r, err
	}
	if next == nil {
		if next, err = s.drawNext(opt.Random); err != nil {
			return r, err
		}
	}
	return s.reseal(*next)
}

// drawNext begins a change: when everything opens, the key to come is drawn, and kept what must outlive the old one.
func (s *State) drawNext(random io.Reader) (*[32]byte, error) {
	if _, err := s.resealRest(s.key, s.key); err != nil {
		return nil, err
	}
	if err := journal.Check(s.journal(), journalKey(s.key)); err != nil {
		return nil, err
	}
	var next [32]byte
	if _, err := io.ReadFull(random, next[:]); err != nil {
		return nil, fmt.Errorf("state: no randomness for a key: %w", err)
	}
	if err := writeDurably(s.keyPath(keptName), append(s.kept.inputs[:], s.kept.spread[:]...), 0o600); err != nil {
		return nil, err
	}
	if err := writeDurably(s.keyPath(nextName), next[:], 0o600); err != nil {
		return nil, err
	}
	return &next, s.Log("state key made", "")
}

func (s *State) journal() journal.Files { return journal.Disk(filepath.Join(s.dir, "journal")) }

// reseal brings a change to its end. Everything in it can be done again.
func (s *State) reseal(next [32]byte) (r Rotated, err error) {
	if r, err = s.resealRest(s.key, next); err != nil {
		return r, err
	}
	if r.Segments, err = journal.Reseal(s.journal(), journalKey(s.key), journalKey(next)); err != nil {
		return r, err
	}
	if err := os.Remove(filepath.Join(s.Dir("inside"), "digests.jsonl")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("state: %w", err)
	}
	if err := os.WriteFile(s.keyPath(keyName), make([]byte, len(next)), 0o600); err != nil {
		return r, fmt.Errorf("state: %w; the old key could not be destroyed", err)
	}
	if err := s.Log("state key destroyed", ""); err != nil {
		return r, err
	}
	if err := os.Rename(s.keyPath(nextName), s.keyPath(keyName)); err != nil {
		return r, fmt.Errorf("state: %w", err)
	}
	s.key = next
	return r, syncDir(s.Dir("keys"))
}

// resealRest seals checkpoints and sums anew, those that are not yet. With one key for both it looks whether they open.
func (s *State) resealRest(from, to [32]byte) (r Rotated, err error) {
	a := anew{restCipher(from), restCipher(to)}
	if r.Checkpoints, err = s.resealParts(a); err != nil {
		return r, err
	}
	paths, err := filepath.Glob(filepath.Join(s.Dir("checkpoint"), flowsMonth+"-*.json"))
	for _, path := range paths {
		done, err := resealSum(path, a)
		if err != nil {
			return r, err
		}
		if done {
			r.Sums++
		}
	}
	return r, err
}

// resealParts does it with the partitions of a log that is followed. Without what they have in common they are not taken up, and go.
func (s *State) resealParts(a anew) (n int, err error) {
	paths, err := filepath.Glob(filepath.Join(s.Dir("checkpoint"), "live-*.sealed"))
	if err != nil || len(paths) == 0 {
		return 0, err
	}
	common, err := readLive(s)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	for _, path := range paths {
		if common == nil {
			if err := os.Remove(path); err != nil {
				return n, fmt.Errorf("state: %w", err)
			}
			continue
		}
		var i int
		if _, err := fmt.Sscanf(filepath.Base(path), partFile, &i); err != nil {
			return n, &Error{Kind: Unsafe, Text: fmt.Sprintf("checkpoint/%s is not of this program; move it away", filepath.Base(path))}
		}
		sealed, err := os.ReadFile(path)
		if err != nil {
			return n, fmt.Errorf("state: %w", err)
		}
		fresh, done, err := a.seal(sealed, partName(i, common.Log))
		switch {
		case err != nil:
			return n, &Error{Kind: Unsafe, Text: fmt.Sprintf("checkpoint/%s %v; restore the state folder from its copy, or remove checkpoint/live* to read the log again from its beginning: what is published stands", filepath.Base(path), err)}
		case !done:
			continue
		}
		if err := writeDurably(path, fresh, 0o600); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// resealSum does it with the sum of a month, where a file holds one.
func resealSum(path string, a anew) (done bool, err error) {
	r, err := readResting(path)
	if err != nil || r == nil {
		return false, err
	}
	for i, sealed := range r.Tables {
		fresh, is, err := a.seal(sealed, []byte(r.Names[i]))
		if err != nil {
			return false, &Error{Kind: Unsafe, Text: fmt.Sprintf("the sum of %s %v; restore the state folder from its copy, or remove checkpoint/%s to begin the month again", r.Period, err, filepath.Base(path))}
		}
		if is {
			r.Tables[i], done = fresh, true
		}
	}
	if !done {
		return false, nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return false, err
	}
	return true, writeDurably(path, text, 0o600)
}

// anew seals what was sealed under one key under another.
type anew struct{ old, fresh cipher.AEAD }

// seal is not done with what opens under the other key already.
func (a anew) seal(sealed, name []byte) (fresh []byte, done bool, err error) {
	n := a.fresh.NonceSize()
	if len(sealed) < n {
		return nil, false, errors.New("ends early")
	}
	if plain, err := a.fresh.Open(nil, sealed[:n], sealed[n:], name); err == nil {
		clear(plain)
		return nil, false, nil
	}
	plain, err := a.old.Open(nil, sealed[:n], sealed[n:], name)
	if err != nil {
		return nil, false, errors.New("does not open with the key of this state folder")
	}
	nonce := make([]byte, n)
	rand.Read(nonce)
	fresh = a.fresh.Seal(nonce, nonce, plain, name)
	clear(plain)
	return fresh, true, nil
}
