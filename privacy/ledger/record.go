package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// Kinds of record.
const (
	KindGenesis   = "GENESIS"   // the ledger begins: its id, scope and time zone
	KindOpen      = "OPEN"      // a writer begins: what it found
	KindCaps      = "CAPS"      // what may be spent from here on, or from a day on
	KindKeys      = "KEYS"      // who may sign that a cap rises; once
	KindReserve   = "RESERVE"   // a release is paid for; only now may its noise be drawn
	KindReleased  = "RELEASED"  // the release is published: its digest
	KindBurnt     = "BURNT"     // the release was paid for and does not exist; there is no refund
	KindWithdrawn = "WITHDRAWN" // the release is not to be used any more; there is no refund
)

// Limits of the format.
const (
	formatVersion = 1
	maxLine       = 4096 // bytes, newline included
)

// noHead is the prev of the first record.
var noHead = strings.Repeat("0", 64)

// Record is one line of the ledger.
type Record struct {
	Version uint64 `json:"v,string"`
	Seq     uint64 `json:"seq,string"` // from 1
	Kind    string `json:"kind"`
	Prev    string `json:"prev"`         // hash of the line before
	Epoch   uint64 `json:"epoch,string"` // counts the writers; 0 for GENESIS
	Writer  string `json:"writer"`       // random id of the writer
	Time    string `json:"time"`         // UTC, information only, never used in a decision

	Body Body   `json:"-"`
	Hash string `json:"-"` // SHA-256 of the bytes of the line without its newline
}

// Body is what a kind of record adds: *Genesis, *Opened, *CapsSet, *Keys, *Booking, *Published or *Ended.
type Body interface{ check() error }

// Genesis is the body of GENESIS.
type Genesis struct {
	LedgerID string `json:"ledger_id"` // 16 random bytes
	Scope    string `json:"scope"`     // the set of persons
	Zone     string `json:"zone"`      // time zone of its civil days
}

// Opened is the body of OPEN.
type Opened struct {
	PreviousHead string   `json:"previous_head"`
	Anchors      []string `json:"anchors"` // "seq:head" of the newest release that was shown to the writer
}

// Caps are the most that one unit may lose, in nano-rho; Delta in 1e-18.
type Caps struct {
	Day     int64 `json:"cap_day,string"` // on one civil day
	Days30  int64 `json:"cap_30,string"`  // in any 30 days
	Days365 int64 `json:"cap_365,string"` // in any 365 days
	Delta   int64 `json:"cap_delta,string"`
}

// CapsSet is the body of CAPS. Caps can be lowered, at once; ValidFrom and Signatures are empty then. They rise from a
// civil day on, with two signatures, each "by:key:signature".
type CapsSet struct {
	Caps
	ValidFrom  string   `json:"valid_from"`
	Contract   string   `json:"contract"`
	Signatures []string `json:"signatures"`
}

// Keys is the body of KEYS: the Ed25519 public keys, in base64, of the two who may sign together that a cap rises. A
// ledger keeps the first ones it is shown, for good.
type Keys struct {
	Officer   string `json:"officer"`
	Publisher string `json:"publisher"`
}

// Part is what one table of a release costs.
type Part struct {
	Table  string `json:"table"`
	Mech   string `json:"mech"` // "dgauss", "dgauss+tau" or "toeplitz"
	D2     uint64 `json:"d2,string"`
	Sigma2 uint64 `json:"sigma2,string"`
	Rho    int64  `json:"rho,string"` // nano-rho, at least D2 / 2 Sigma2
}

// Charge is what each civil day of a range bears.
type Charge struct {
	From string `json:"from"` // first day
	To   string `json:"to"`   // last day
	Rho  int64  `json:"rho,string"`
}

// Booking is the body of RESERVE.
type Booking struct {
	ReleaseID string   `json:"release_id"`
	Product   string   `json:"product"`
	Period    string   `json:"period"`
	Revision  uint64   `json:"revision,string"`
	Spec      string   `json:"spec"`     // SHA-256 of the canonical text of the product spec
	Contract  string   `json:"contract"` // SHA-256
	Code      string   `json:"code"`     // version and revision of the binary
	Parts     []Part   `json:"parts"`
	Charges   []Charge `json:"charges"` // together the input window
	RhoSpan   int64    `json:"rho_span,string"`
	DeltaSpan int64    `json:"delta_span,string"`
	Attempt   uint64   `json:"attempt,string"`
	Input     string   `json:"input"` // keyed digest of what is counted; "" when none was given
}

// Published is the body of RELEASED.
type Published struct {
	ReleaseID  string `json:"release_id"`
	ReserveSeq uint64 `json:"reserve_seq,string"`
	SHA256     string `json:"sha256"` // digest of the published set of files
	Bytes      int64  `json:"bytes,string"`
	NotBefore  string `json:"not_before"` // UTC; "" for at once
}

// Ended is the body of BURNT and WITHDRAWN.
type Ended struct {
	ReleaseID  string `json:"release_id"`
	ReserveSeq uint64 `json:"reserve_seq,string"`
	Reason     string `json:"reason"`
}

// newBody returns the empty body of a kind, or nil.
func newBody(kind string) Body {
	switch kind {
	case KindGenesis:
		return new(Genesis)
	case KindOpen:
		return new(Opened)
	case KindCaps:
		return new(CapsSet)
	case KindKeys:
		return new(Keys)
	case KindReserve:
		return new(Booking)
	case KindReleased:
		return new(Published)
	case KindBurnt, KindWithdrawn:
		return new(Ended)
	}
	return nil
}

// Line is the record as it stands in its file, without the newline: one object, keys in fixed order, integers as strings.
func (r Record) Line() []byte {
	head, err := json.Marshal(r)
	if err != nil {
		panic("ledger: a record of strings and integers does not encode: " + err.Error())
	}
	body, err := json.Marshal(r.Body)
	if err != nil {
		panic("ledger: a record of strings and integers does not encode: " + err.Error())
	}
	line := append(head[:len(head)-1], ',')
	return append(line, body[1:]...)
}

// decode reads one line, without its newline. Only what Line writes is read: other spacing, order, numbers or keys are
// not the same record, even where JSON means the same.
func decode(line []byte) (Record, error) {
	var r Record
	if len(line) >= maxLine {
		return r, errorf(Corrupt, "a record has %d bytes, want less than %d", len(line), maxLine)
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, errorf(Corrupt, "a line is not a record: %w", err)
	}
	if r.Version != formatVersion {
		return r, errorf(Corrupt, "a record has format %d, this throng reads %d; use the throng that wrote it", r.Version, formatVersion)
	}
	if r.Body = newBody(r.Kind); r.Body == nil {
		return r, errorf(Corrupt, "a record has the unknown kind %.20q", r.Kind)
	}
	if err := json.Unmarshal(line, r.Body); err != nil {
		return r, errorf(Corrupt, "a record of kind %s: %w", r.Kind, err)
	}
	if err := r.check(); err != nil {
		return r, errorf(Corrupt, "a record of kind %s: %w", r.Kind, err)
	}
	if !bytes.Equal(r.Line(), line) {
		return r, errorf(Corrupt, "a record of kind %s is not written as the format wants it", r.Kind)
	}
	r.Hash = hashOf(line)
	return r, nil
}

func hashOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}
