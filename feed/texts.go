package feed

// Texts takes the values of one column of consecutive rows from i on, as Text takes each; an empty one is missing.
func (g *Gate) Texts(f *Field, i int, vs [][]byte) error {
	if !f.IsDigits() {
		for j, v := range vs {
			if err := g.Text(f, i+j, v); err != nil {
				return err
			}
		}
		return nil
	}
	g.wholes = g.wholes[:0]
	for j, v := range vs {
		if x, ok := parseInt(v); ok {
			g.wholes = append(g.wholes, x)
			continue
		}
		if err := g.Ints(f, i+j-len(g.wholes), g.wholes); err != nil {
			return err
		}
		g.wholes = g.wholes[:0]
		if err := g.Text(f, i+j, v); err != nil { // missing, or what is wrong with it
			return err
		}
	}
	return g.Ints(f, i+len(vs)-len(g.wholes), g.wholes)
}

// IsDigits reports whether a text stands for the whole number that it writes: Text of digits does what Ints does.
func (f *Field) IsDigits() bool {
	switch f.role {
	case roleUnit:
		return f.Type == "int"
	case roleTime, roleEnd, roleArrival:
		return f.timer.steps == nil
	case roleSIM, roleNetwork:
		return true
	}
	return false
}
