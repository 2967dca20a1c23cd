package driver

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/throng-stats/throng/privacy/count"
)

// State is the holder's folder of one scope: ledger, keys, checkpoints and what is said inside. It is mode 0700, never
// among the releases, and never served.
type State struct {
	dir  string
	now  func() time.Time
	key  [32]byte // of state at rest and of digests of tables
	kept keptKeys // of what is compared with what was written under earlier keys
}

// OpenState opens or makes the folder of a scope. The key of the state is made once, from the system's randomness, and changed by
// Rotate; a change that a crash has cut short is brought to its end. The caller has the lock of the scope.
func OpenState(dir string, now func() time.Time) (*State, error) {
	for _, sub := range []string{"", "ledger", "keys", "checkpoint", "inside", "draft"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("state: %w; name a folder that this user may write", err)
		}
	}
	s, next, err := readKeys(dir, now)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, s.makeKey()
	case err != nil:
		return nil, err
	case next != nil:
		if _, err := s.reseal(*next); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Dir is a folder of the state by name: "ledger", "checkpoint", "inside".
func (s *State) Dir(name string) string { return filepath.Join(s.dir, name) }

// sweep removes what a killed run has spilled. Nobody has the key of it, and the lock of the ledger says that no other
// run is at work.
func (s *State) sweep() error {
	left, err := filepath.Glob(filepath.Join(s.Dir("checkpoint"), "spill-*.tmp"))
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		return fmt.Errorf("state: %w; a file of a killed run cannot be removed", err)
	}
	return nil
}

// aead is the cipher of state at rest: AES-256-GCM under a key for that use alone.
func (s *State) aead() cipher.AEAD { return restCipher(s.key) }

func restCipher(key [32]byte) cipher.AEAD {
	block, _ := aes.NewCipher(derive(key, "state at rest"))
	aead, _ := cipher.NewGCM(block)
	return aead
}

// journalKey is that of the journal of what is pushed.
func journalKey(key [32]byte) [32]byte { return [32]byte(derive(key, "journal of what is pushed")) }

func derive(key [32]byte, use string) []byte {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(use))
	return mac.Sum(nil)
}

// Keyed is a digest that tells nothing without this state's keys, for digests of inputs. It is the same after Rotate.
func (s *State) Keyed(digest string) string {
	mac := hmac.New(sha256.New, s.kept.inputs[:])
	mac.Write([]byte(digest))
	return hex.EncodeToString(mac.Sum(nil))[:32]
}

// Log appends a line to inside/keys.jsonl: which key was made or destroyed, and when. It holds no key.
func (s *State) Log(event, period string) error {
	line, _ := json.Marshal(struct {
		Time   string `json:"time"`
		Event  string `json:"event"`
		Period string `json:"period,omitempty"`
	}{s.now().UTC().Format(time.RFC3339), event, period})
	return s.appendLine("inside/keys.jsonl", line)
}

// appendLine adds a line to a file of the state durably. Of a line for which there was no room nothing stays.
func (s *State) appendLine(name string, line []byte) error {
	f, err := os.OpenFile(s.Dir(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	before, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		if _, err = f.Write(append(line, '\n')); err != nil {
			err = errors.Join(err, f.Truncate(before))
		}
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("state: %w; free room or mend the disk, and start again", err)
	}
	return nil
}

// Witnessed is a line of inside/digests.jsonl: keyed digests of the tables of a release before the noise, by their names. Two runs
// on the same rows with the same key of the state have the same digests, however the rows came in (scale.md, section 9); without the
// key they tell nothing.
type Witnessed struct {
	Product string            `json:"product"`
	Period  string            `json:"period"`
	Tables  map[string]string `json:"tables"`
}

// witness appends the digests of what is about to be published.
func (s *State) witness(product, period string, exact []*count.Table) error {
	w := Witnessed{product, period, map[string]string{}}
	key := derive(s.key, "digests of tables")
	for _, t := range exact {
		w.Tables[t.Shape.Name] = t.Digest(key)
	}
	line, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return s.appendLine("inside/digests.jsonl", line)
}

// Keys are the keys of pseudonyms of one run, one a period. They exist in memory only and are destroyed at its end, so
// that nobody, the holder included, can say afterwards which pseudonym was whose; a lasting key is destroyed when what it
// serves is counted.
type Keys struct {
	state   *State
	periods []string
	keys    [][16]byte
}

// NewKeys takes the lasting keys of the periods that have one, draws one for each other period from the system's randomness,
// and logs that it did.
func (s *State) NewKeys(periods []string, lasting map[int][16]byte) (*Keys, error) {
	k := &Keys{state: s, keys: make([][16]byte, len(periods))}
	for i := range k.keys {
		if key, ok := lasting[i]; ok {
			k.keys[i] = key
			continue
		}
		rand.Read(k.keys[i][:])
		k.periods = append(k.periods, periods[i])
	}
	if len(k.periods) == 0 {
		return k, nil
	}
	return k, s.Log("pseudonym keys made", span(k.periods))
}

// lasting returns a key of pseudonyms that outlives a run, because what it serves does: the pages of a month, or the homes of
// two months. It is made once and lies in keys/NAME.key until forgotten.
func (s *State) lasting(name string) (key [16]byte, err error) {
	path := s.lastingPath(name)
	old, err := os.ReadFile(path)
	switch {
	case err == nil && len(old) == len(key):
		copy(key[:], old)
		return key, nil
	case err == nil:
		return key, &Error{Kind: Corrupt, Text: fmt.Sprintf("keys/%s has %d bytes, want %d; restore the state folder from its copy", filepath.Base(path), len(old), len(key))}
	case !errors.Is(err, fs.ErrNotExist):
		return key, fmt.Errorf("state: %w", err)
	}
	rand.Read(key[:])
	if err := writeDurably(path, key[:], 0o600); err != nil {
		return key, err
	}
	return key, s.Log("pseudonym key made", name)
}

func (s *State) lastingPath(name string) string { return filepath.Join(s.Dir("keys"), name+".key") }

// forgetLasting destroys such a key, if it is there, and logs it.
func (s *State) forgetLasting(name string) error {
	path := s.lastingPath(name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var zero [16]byte
	err := os.WriteFile(path, zero[:], 0o600)
	if err = errors.Join(err, os.Remove(path)); err != nil {
		return fmt.Errorf("state: %w; a key of pseudonyms could not be destroyed", err)
	}
	return s.Log("pseudonym key destroyed", name)
}

// All returns the keys, in the order of the periods.
func (k *Keys) All() [][16]byte { return k.keys }

// Destroy overwrites the keys and logs it of those that were drawn for this run.
func (k *Keys) Destroy() error {
	if k.keys == nil {
		return nil
	}
	clear(k.keys)
	k.keys = nil
	if len(k.periods) == 0 {
		return nil
	}
	return k.state.Log("pseudonym keys destroyed", span(k.periods))
}

func span(periods []string) string {
	if len(periods) == 0 {
		return ""
	}
	if len(periods) == 1 {
		return periods[0]
	}
	return periods[0] + " to " + periods[len(periods)-1]
}

// writeDurably writes a file whole or not at all: a temporary name, fsync, rename, fsync of the folder.
func writeDurably(path string, text []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("state: %w; free room or mend the disk, nothing was lost", err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
