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
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// State is the holder's folder of one scope: ledger, keys, checkpoints and what is said inside. It is mode 0700, never
// among the releases, and never served.
type State struct {
	dir string
	now func() time.Time
	key [32]byte // of state at rest and of keyed digests
}

// OpenState opens or makes the folder of a scope. The key of the state is made once, from the system's randomness.
func OpenState(dir string, now func() time.Time) (*State, error) {
	for _, sub := range []string{"", "ledger", "keys", "checkpoint", "inside", "draft"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("state: %w; name a folder that this user may write", err)
		}
	}
	s := &State{dir: dir, now: now}
	path := filepath.Join(dir, "keys", "state.key")
	old, err := os.ReadFile(path)
	switch {
	case err == nil && len(old) == len(s.key):
		copy(s.key[:], old)
	case err == nil:
		return nil, &Error{Kind: Corrupt, Text: fmt.Sprintf("keys/state.key has %d bytes, want %d; restore the state folder from its copy", len(old), len(s.key))}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("state: %w", err)
	default:
		rand.Read(s.key[:])
		if err := writeDurably(path, s.key[:], 0o600); err != nil {
			return nil, err
		}
		if err := s.Log("state key made", ""); err != nil {
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
func (s *State) aead() cipher.AEAD {
	block, _ := aes.NewCipher(s.derive("state at rest"))
	aead, _ := cipher.NewGCM(block)
	return aead
}

func (s *State) derive(use string) []byte {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write([]byte(use))
	return mac.Sum(nil)
}

// Keyed is a digest that tells nothing without this state's key, for digests of inputs.
func (s *State) Keyed(digest string) string {
	mac := hmac.New(sha256.New, s.derive("digest of inputs"))
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
	f, err := os.OpenFile(s.Dir("inside/keys.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// Keys are the keys of pseudonyms of one run, one a period. They exist in memory only and are destroyed at its end, so
// that nobody, the holder included, can say afterwards which pseudonym was whose.
type Keys struct {
	state   *State
	periods []string
	keys    [][16]byte
}

// NewKeys draws a key for each period from the system's randomness and logs that it did.
func (s *State) NewKeys(periods []string) (*Keys, error) {
	k := &Keys{s, periods, make([][16]byte, len(periods))}
	for i := range k.keys {
		rand.Read(k.keys[i][:])
	}
	return k, s.Log("pseudonym keys made", span(periods))
}

// All returns the keys, in the order of the periods.
func (k *Keys) All() [][16]byte { return k.keys }

// Destroy overwrites the keys and logs it.
func (k *Keys) Destroy() error {
	if k.keys == nil {
		return nil
	}
	clear(k.keys)
	k.keys = nil
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
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
