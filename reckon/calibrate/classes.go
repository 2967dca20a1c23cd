package calibrate

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/release"
)

// Classes gives people per device by gender or age, where a table of shares says so. It does not change and may be used by
// several goroutines.
type Classes struct {
	zones  throng.Zones
	of     map[class]float64
	known  map[[2]string]bool // dimension and code
	people map[class]float64  // public residents of the class, by finest zone
	lives  map[int]lives      // by finest zone with factors of classes
}

// lives are the public residents of a zone who are of a class with a factor, and their devices.
type lives struct{ people, devices float64 }

// class is one code of one dimension in a zone.
type class struct {
	zone      int
	dim, code string
}

// NewClasses reads the factors of classes. A factor of gender and age together counts for both, by devices of the residents
// of the class: sum R / sum (R/F); where a table gives the class itself in that zone, that one alone counts.
func NewClasses(zones throng.Zones, factors []release.Factor, residents []release.Residents) *Classes {
	c := &Classes{zones: zones, of: map[class]float64{}, known: map[[2]string]bool{}, people: map[class]float64{}, lives: map[int]lives{}}
	people := map[both]float64{}
	for _, r := range residents {
		if z, ok := zones.Index(r.Zone); ok {
			n := float64(r.People)
			people[both{z, r.Gender, r.Age}] += n
			c.people[class{z, throng.DimGender, r.Gender}] += n
			c.people[class{z, throng.DimAge, r.Age}] += n
		}
	}
	sum, devices, exact := map[class]float64{}, map[class]float64{}, map[class]float64{}
	for _, f := range factors {
		z, ok := zones.Index(f.Zone)
		if !ok || f.Gender == "" && f.Age == "" {
			continue
		}
		n := max(people[both{z, f.Gender, f.Age}], 1) // nobody known of a class: its rows weigh the same
		for dim, code := range map[string]string{throng.DimGender: f.Gender, throng.DimAge: f.Age} {
			at := class{z, dim, code}
			switch {
			case code == "":
			case f.Gender == "" || f.Age == "":
				exact[at] = f.People
			default:
				sum[at] += n
				devices[at] += n / f.People
			}
		}
	}
	for at, n := range sum {
		c.of[at] = n / devices[at]
	}
	for at, f := range exact {
		c.of[at] = f
	}
	for at := range c.of {
		c.known[[2]string{at.dim, at.code}] = true
	}
	c.settle(factors, people)
	return c
}

// both is one gender and age band of a zone; "" is all of them.
type both struct {
	zone        int
	gender, age string
}

// settle adds up the residents of each zone and their devices, each by the most exact factor of the zone that covers him: of gender
// and age, of age, of gender.
func (c *Classes) settle(factors []release.Factor, people map[both]float64) {
	of := map[both]float64{}
	for _, f := range factors {
		if z, ok := c.zones.Index(f.Zone); ok && (f.Gender != "" || f.Age != "") {
			of[both{z, f.Gender, f.Age}] = f.People
		}
	}
	for at, n := range people {
		for _, row := range []both{at, {at.zone, "", at.age}, {at.zone, at.gender, ""}} {
			if f := of[row]; f > 0 {
				was := c.lives[at.zone]
				c.lives[at.zone] = lives{was.people + n, was.devices + n/f}
				break
			}
		}
	}
}

// Residents is people per device of those who live in some zones, by the public residents of each class: sum R / sum (R / F).
// Where nothing is known by class, other gives the factor of the zone. Unlike that of the zone it leaves out who is in the zone
// without living there, such as workers of other regions, who are all of an age to have a phone.
func (c *Classes) Residents(zones []int, other func(zone int) float64) float64 {
	people, devices := 0.0, 0.0
	for _, z := range zones {
		of := c.lives[z]
		if of.people == 0 {
			n := max(float64(c.zones.At(z).Residents), 1)
			of = lives{n, n / other(z)}
		}
		people += of.people
		devices += of.devices
	}
	return people / devices
}

// Has reports whether any zone has a factor of this class.
func (c *Classes) Has(dim, code string) bool { return c.known[[2]string{dim, code}] }

// Of is people per device of a class in a finest zone, and whether there is one.
func (c *Classes) Of(zone int, dim, code string) (float64, bool) {
	f, ok := c.of[class{zone, dim, code}]
	return f, ok
}

// Mean is people per device of a class in some zones together, by devices of its residents; other gives the factor of a zone
// that has none for the class.
func (c *Classes) Mean(dim, code string, zones []int, other func(zone int) float64) float64 {
	people, devices := 0.0, 0.0
	for _, z := range zones {
		n := c.people[class{z, dim, code}]
		f, ok := c.Of(z, dim, code)
		if !ok {
			f = other(z)
		}
		people += n
		devices += n / f
	}
	if devices == 0 {
		for _, z := range zones { // nobody is known to live there: all zones weigh the same
			f, ok := c.Of(z, dim, code)
			if !ok {
				f = other(z)
			}
			people++
			devices += 1 / f
		}
	}
	return people / devices
}
