package api

import (
	"slices"
	"strconv"
	"strings"

	"github.com/throng-stats/throng/release"
)

// absent is a zone of a question that the ground of one release does not have. On a quiet day it is counted only together
// with a zone around it, and that day has no number for it: part of the larger zone's number would be a guess.
type absent struct {
	Release string `json:"release"`
	Zone    string `json:"zone"`
	Reason  string `json:"reason"`           // joined, or not-in-geography
	Within  string `json:"within,omitempty"` // the smallest zone around it that the release has
}

// Reasons why a release lacks a zone.
const (
	reasonJoined = "joined"           // counted together with its neighbours on a quiet day (privacy.md 27.4)
	reasonOther  = "not-in-geography" // of another version of the geography
)

// lacks lists the zones that a ground does not have.
func (g *ground) lacks(zones []string) []string {
	var lacks []string
	for _, id := range zones {
		if _, ok := g.geo.Zones.Index(id); !ok {
			lacks = append(lacks, id)
		}
	}
	return lacks
}

// whole returns the newest ground of the releases that has every zone of a question; nil when none has, or when no zones
// were named. A zone that no ground has is a mistake, which the error names.
func (s *server) whole(q query, list []release.Manifest) (*ground, error) {
	if q.zones == nil {
		return nil, nil
	}
	var newest *ground
	nowhere := q.zones
	for _, m := range list {
		g, err := s.groundOf(m.Geo)
		if err != nil {
			return nil, err
		}
		if len(g.lacks(q.zones)) == 0 {
			newest = g
		}
		nowhere = g.lacks(nowhere)
	}
	if len(nowhere) > 0 {
		geo := list[0].Geo
		return nil, wrong("bad-area", "/area/zones/"+strconv.Itoa(slices.Index(q.zones, nowhere[0])), nowhere[0], "a zone of geography "+geo.ID+", version "+geo.Version)
	}
	return newest, nil
}

// absentFrom says which zones a release lacks, why, and in which zone they are counted: the parents of a zone are known
// from a ground that has it.
func absentFrom(m release.Manifest, g *ground, lacks []string, whole *ground) []absent {
	joined := strings.Fields(m.Options["quiet.joined"])
	var out []absent
	for _, id := range lacks {
		one := absent{Release: m.ID, Zone: id, Reason: reasonOther}
		at, _ := whole.geo.Zones.Index(id)
		for z := whole.geo.Zones.Parent(at); z >= 0 && one.Within == ""; z = whole.geo.Zones.Parent(z) {
			if id := whole.geo.Zones.At(z).ID; len(g.lacks([]string{id})) == 0 {
				one.Within = id
			}
		}
		if slices.Contains(joined, one.Within) {
			one.Reason = reasonJoined
		}
		out = append(out, one)
	}
	return out
}
