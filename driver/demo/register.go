package demo

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/throng-stats/throng/config"
	"github.com/throng-stats/throng/reckon/register"
	"github.com/throng-stats/throng/synth"
)

// registers compares what the public registers show, which are exact, with what was planted in them: outliers among bodies, and how
// often firms of each class are fined.
func registers(dir string) ([]string, error) {
	planted, err := synth.ReadRegisters(dir)
	if err != nil {
		return nil, err
	}
	spent, err := readRegister(dir, "procurement.yaml")
	if err != nil {
		return nil, err
	}
	sums, err := register.Spending(spent)
	if err != nil {
		return nil, err
	}
	found, others := 0, 0
	for _, s := range sums {
		switch {
		case s.Outlier && slices.Contains(planted.Outliers, [2]string{s.Authority, s.Category}):
			found++
		case s.Outlier:
			others++
		}
	}
	inspected, err := readRegister(dir, "inspections.yaml")
	if err != nil {
		return nil, err
	}
	rates, _, err := register.Rates(inspected)
	if err != nil {
		return nil, err
	}
	hold := 0
	for _, r := range rates {
		if is := planted.Rates[r.Class]; r.Authority == "" && r.Lo <= is && is <= r.Hi {
			hold++
		}
	}
	return []string{fmt.Sprintf("registers: %d of %d planted outliers are found, and %d of %d others; the true rate of fines lies in the interval of %d of %d classes of firms",
		found, len(planted.Outliers), others, len(sums)-len(planted.Outliers), hold, len(planted.Rates))}, nil
}

func readRegister(dir, name string) ([]register.Row, error) {
	r, err := config.ReadRegister(filepath.Join(dir, synth.Registers, name))
	if err != nil {
		return nil, err
	}
	return r.Rows()
}
