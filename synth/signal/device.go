// Package signal invents the signals that phones leave in a network: which cell hears them, when they are heard, and what
// goes wrong with the records of it.
package signal

import (
	"github.com/throng-stats/throng/synth/city"
	"github.com/throng-stats/throng/synth/dice"
	"github.com/throng-stats/throng/synth/people"
)

// Shares of devices. Ours, except the second subscription (the design: 8 % of holders).
const (
	secondShare  = .08  // holders with a second subscription, which has an id of its own and is carried by the same person
	silentShare  = .05  // phones that are nearly always off or idle
	silentRate   = .05  // of the mean rate
	machineShare = .03  // SIMs of things, on top of phones
	optOutShare  = .002 // subscribers who have objected
	rateSpread   = .7   // sd of the logarithm of rates (ours; call-record studies find 0.6 to 1)
)

// Home is the mobile country code of the invented country: it lies where 208 lies.
const Home = 208

// Device is one subscription of the holder: of a person, or of a thing.
type Device struct {
	ID       uint64    // 63 random bits, never 0
	Person   int32     // index into the people, -1 for a thing
	Spot     city.Spot // of a thing: where it stands
	MCC      uint16    // of the SIM
	Rate     float32   // events per day, in the mean over days
	Silent   bool
	OptedOut bool
	Second   bool
}

// Devices invents the subscriptions of all holders and things. mean is the number of events per phone and day.
func Devices(seed uint64, all *people.All, mean float64) []Device {
	var list []Device
	add := func(person int, key uint64, mcc uint16) *Device {
		d := dice.New(seed, 40, key)
		one := Device{Person: int32(person), MCC: mcc, ID: dice.Mix(seed^dice.Mix(key))>>1 | 1, Silent: d.Chance(silentShare)}
		one.Rate = float32(d.LogNormal(mean*(1-silentShare*silentRate)/(1-silentShare), rateSpread))
		if one.Silent {
			one.Rate = float32(mean * silentRate)
		}
		one.OptedOut = d.Chance(optOutShare)
		list = append(list, one)
		return &list[len(list)-1]
	}
	for i := range all.List {
		p := &all.List[i]
		if !p.Holder {
			continue
		}
		mcc := uint16(Home)
		if p.Role == people.Roamer {
			mcc = uint16(city.Countries[p.Origin].MCC)
		}
		add(i, uint64(i)*2, mcc)
		if p.Role != people.Roamer && dice.Unit(seed, 41, uint64(i)) < secondShare {
			add(i, uint64(i)*2+1, mcc).Second = true
		}
	}
	d := dice.New(seed, 42)
	for k := range int(float64(len(list)) * machineShare) {
		mcc := uint16(Home)
		if d.Chance(.4) {
			mcc = uint16(city.Countries[d.IntN(len(city.Countries))].MCC) // things often roam for good
		}
		spot := all.List[d.IntN(len(all.List))].Home
		if spot.Zone < 0 || spot == (city.Spot{}) {
			spot = all.List[0].Home
		}
		thing := add(-1, 1<<40+uint64(k), mcc)
		thing.Spot, thing.OptedOut, thing.Silent = spot, false, false
	}
	return list
}
