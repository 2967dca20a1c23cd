package config

import (
	"cmp"
	"slices"
	"strings"
)

// ProtectedOrigin is one row of the file of protected groups of origin (group,neighbour). The privacy officer keeps it; it
// is never published, only how many rows it has.
type ProtectedOrigin struct {
	Group, Neighbour string

	line int
}

// ReadProtectedOrigins reads the protected groups of origin. No file gives no rows. Its errors name lines, never values.
func (c *Contract) ReadProtectedOrigins() ([]ProtectedOrigin, error) {
	if c.ProtectedOrigins == "" {
		return nil, nil
	}
	var rows []ProtectedOrigin
	seen := map[string]bool{}
	err := readTable(c.Path(c.ProtectedOrigins), []string{"group", "neighbour"}, func(t *table) {
		r := ProtectedOrigin{strings.TrimSpace(t.row[t.at[0]]), strings.TrimSpace(t.row[t.at[1]]), t.line}
		switch {
		case r.Group == "" || r.Neighbour == "" || r.Group == r.Neighbour:
			t.secret("want two different groups in each row")
		case seen[r.Group]:
			t.secret("a group is protected once; an earlier row has it too")
		}
		seen[r.Group] = true
		rows = append(rows, r)
	})
	return rows, err
}

// secret keeps an error of a row whose values are not to be shown.
func (t *table) secret(text string) {
	if t.err == nil {
		t.err = &Error{Kind: Invalid, Key: t.path, Line: t.line, Text: text}
	}
}

// mergeProtected renames the groups of origin that are protected: each becomes one group with its neighbour, under both
// names. Several that touch become one. Nothing in the result tells which of them was protected.
func (c *Contract) mergeProtected(rows []OriginRow) ([]OriginRow, error) {
	protected, err := c.ReadProtectedOrigins()
	if err != nil || len(protected) == 0 {
		return rows, err
	}
	together := map[string][]string{} // group -> all groups that it is one with
	for _, r := range rows {
		together[r.Group] = []string{r.Group}
	}
	for _, p := range protected {
		a, b := together[p.Group], together[p.Neighbour]
		if a == nil || b == nil {
			return nil, &Error{Kind: Invalid, Key: c.Path(c.ProtectedOrigins), Line: p.line, Text: "names a group that origins.csv does not have; write both as they stand there"}
		}
		if slices.Contains(a, p.Neighbour) {
			continue
		}
		union := slices.Concat(a, b)
		slices.Sort(union)
		for _, group := range union {
			together[group] = union
		}
	}
	for i, r := range rows {
		rows[i].joined = len(together[r.Group]) > 1
		rows[i].Group = joinedName(together[r.Group])
	}
	return rows, nil
}

// joinedName is the name of groups that are one; beyond 64 letters it is that of the first and how many more.
func joinedName(groups []string) string {
	return cmp.Or(shortEnough(strings.Join(groups, " and ")), shortEnough(groups[0]+" and others"), groups[0])
}

func shortEnough(name string) string {
	if len(name) > 64 {
		return ""
	}
	return name
}
