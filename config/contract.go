package config

import "time"

// Contract is what an agreement to use a feed looks like to a machine. Keys, meanings, units and defaults are those of
// docs/format/contract.md; a field without a default is "Required." or may stay empty as it says.
type Contract struct {
	Throng           int          `yaml:"throng"`            // Version of the contract format. Required, 1.
	Holder           Holder       `yaml:"holder"`            // Who holds the feed. Required.
	Agreement        Agreement    `yaml:"agreement"`         // What was agreed. Required.
	Recipients       Words        `yaml:"recipients"`        // Kinds of body that read the results, words of Recipients. Default: public.
	Review           Review       `yaml:"review"`            // Review of harm to groups. Required for tables by origin (privacy.md 27.8).
	Data             string       `yaml:"data"`              // real, public or synthetic. Default: real.
	State            string       `yaml:"state"`             // Folder of ledger, keys and checkpoints. Required for real data.
	OptOut           string       `yaml:"optout"`            // File of the holder's pseudonyms that are removed at the door, one a line. Default: nobody.
	Feed             Feed         `yaml:"feed"`              // What enters. Required.
	Live             Live         `yaml:"live"`              // How it is counted while it runs. Default: those of Live.
	Clock            string       `yaml:"clock"`             // IANA time zone of civil days and months. Required.
	Local            []int        `yaml:"local"`             // Mobile country codes of SIMs at home, 100..999. Default: only SIMs without a code are.
	Cells            Cells        `yaml:"cells"`             // The places that rows name. Required.
	Zones            Zones        `yaml:"zones"`             // The zones that are published. Required.
	Grid             Grid         `yaml:"grid"`              // The tiles between leaves and zones.
	Attributes       Attributes   `yaml:"attributes"`        // What is known of a pseudonym. Default: nothing; totals only.
	ProtectedOrigins string       `yaml:"protected_origins"` // Groups of origin that are merged with a neighbour, kept by the privacy officer and never published (privacy.md 27.2). Default: none.
	Origins          string       `yaml:"origins"`           // origins.csv: regions of origin and their groups. Required for tables by origin of a person.
	Countries        string       `yaml:"countries"`         // countries.csv: SIM countries and their groups. Default: all one group, abroad.
	Residents        string       `yaml:"residents"`         // residents.csv: public residents by zone, gender and age. Default: none.
	LandUse          string       `yaml:"landuse"`           // landuse.csv: a public grid of where people are inside a zone, such as built-up volume. Default: evenly.
	Places           string       `yaml:"places"`            // places.csv: a public list of schools, stations and the like, around which people are told. Default: none.
	Share            string       `yaml:"share"`             // share.csv: share of residents who are customers, by zone, and by gender and age where it says so. Default: 1, devices are published as people.
	Protected        string       `yaml:"protected"`         // GeoJSON of protected places, kept by the holder. Default: none.
	Quiet            string       `yaml:"quiet"`             // quiet.csv: areas and civil days on which they are counted together with 50,000 residents (privacy.md 27.4). Default: none.
	Guardian         Guardian     `yaml:"quiet_guardian"`    // Who outside the holder adds quiet areas. Default: nobody.
	Holidays         string       `yaml:"holidays"`          // holidays.csv. Default: none.
	Products         Words        `yaml:"products"`          // What is published, words of Products. Required.
	Bounds           Bounds       `yaml:"bounds"`            // The most that one unit can add.
	Flows            string       `yaml:"flows"`             // stay (between stays) or consecutive (between successive places). Default: stay.
	FlowsSilence     string       `yaml:"flows_silence"`     // Most unknown time between the two stays of a move: none, or hours from 1h to 12h. Default: 4h for events with flows: stay.
	Home             string       `yaml:"home"`              // Rule of home and work: modal (last place of the day, most days) or permanence (scores of hours). Default: modal.
	Roles            string       `yaml:"roles"`             // same-day: people present also by role, from the night and the stays of that very day. Default: none.
	Purposes         bool         `yaml:"purposes"`          // Trips of a day also by purpose, from the night and the stays of that very day. Default: false.
	Estimate         string       `yaml:"estimate"`          // linear, or em: people present by zone also by expectation-maximisation, beside the linear estimate. Default: linear.
	MarketCategories bool         `yaml:"market_categories"` // Customers also by home and category; it has a share of its own. Default: false.
	Money            Money        `yaml:"money"`             // How amounts are counted. Required for spending.
	Businesses       string       `yaml:"businesses"`        // businesses.csv: a declared register of who sells what where (privacy.md 17). Default: none; no cell is merged.
	TourismEnds      bool         `yaml:"tourism_ends"`      // Tourism also by first and last zone of a trip; it has a share of its own. Default: false.
	Scaling          Scaling      `yaml:"scaling"`           // From devices to people.
	Privacy          Privacy      `yaml:"privacy"`           // What the results may tell about one unit.
	Publish          Publish      `yaml:"publish"`           // When and under what licence.
	Keys             []SigningKey `yaml:"keys"`              // Public keys of those who may sign, each once. Default: nobody's; then no cap is ever raised.

	dir      string         // folder of the contract: relative paths start here
	input    string         // folder of Rebase, or empty
	clock    *time.Location // of Clock
	unsigned bool           // a draft: caps that rise may lack their signatures
	notes    []string       // what was decided for the contract and should be printed
}

// Holder is the company or office that holds the feed.
type Holder struct {
	ID   string `yaml:"id"`   // a-z, 0-9 and -, at most 40; part of names of scopes. Required.
	Name string `yaml:"name"` // For people. Default: the id.
}

// Agreement says what was agreed. Source: standards.md 9.1, privacy.md 27.5.
type Agreement struct {
	ID      string `yaml:"id"`      // Number of the agreement. Required for real data.
	Purpose Words  `yaml:"purpose"` // Words of Purposes. Required.
	Text    string `yaml:"text"`    // The purpose in a sentence, for people. Default: none.
	From    string `yaml:"from"`    // First civil day, 2006-01-02. Default: no beginning.
	Until   string `yaml:"until"`   // Last civil day, 2006-01-02. Default: no end.
	Signed  Words  `yaml:"signed"`  // Names of the keys of those who signed; recorded, not verified. Required for real data.
}

// Review says who thought about harm to groups; its text is printed in the claim. Source: privacy.md 27.8.
type Review struct {
	By   string `yaml:"by"`   // Who. Required with a review.
	Date string `yaml:"date"` // When, 2006-01-02. Required with a review.
	Text string `yaml:"text"` // What was found. Required with a review.
}

// Feed is what enters. Source: standards.md 9.1, 9.2, 9.5.
type Feed struct {
	ID      string            `yaml:"id"`      // a-z, 0-9 and -, at most 40; with holder.id the scope of the budget. Required.
	Kind    string            `yaml:"kind"`    // events, trips, tickets, purchases, cases or reports. Required.
	Unit    string            `yaml:"unit"`    // Who is protected, a word of the kind. Required.
	Files   Words             `yaml:"files"`   // Patterns; {day} stands for a civil day, 2006-01-02, and {yyyy} {MM} {M} {dd} {d} for its parts. Required, or Kafka, or Push.
	Kafka   Kafka             `yaml:"kafka"`   // A topic that is read for ever. Required, or Files, or Push.
	Push    Push              `yaml:"push"`    // An address at which rows are taken in. Required, or Files, or Kafka.
	Arrival string            `yaml:"arrival"` // What says when a record arrived: file-time or column of files, log-time of kafka and push. Default: file-time, log-time.
	Format  string            `yaml:"format"`  // csv or parquet. Default: by the ending of the pattern (.csv, .csv.gz, .csv.zst, .parquet).
	Columns map[string]Column `yaml:"columns"` // The columns that enter, by name. Required.
	Drop    Words             `yaml:"drop"`    // The columns that are never read. Any third one stops the run. Default: none.
}

// Column says what one column holds and how it is read.
type Column struct {
	As     string `yaml:"as"`     // Its role, from a closed list for each kind of feed. Required.
	Type   string `yaml:"type"`   // int, decimal, text, bytes, bool, timestamp or code. Default: what the file holds and the role admits.
	Format string `yaml:"format"` // Of times: a pattern such as yyyy-MM-dd HH:mm:ss, rfc3339, or for int s, ms, us. Default: ms for int; of the file for timestamp.
	Zone   string `yaml:"zone"`   // Of times without offset: an IANA time zone, or cell for that of the place. Required for them.
	Fold   string `yaml:"fold"`   // Of local times that exist twice: first, last or reject. Default: reject.
	Take   int    `yaml:"take"`   // Of texts: keep the first characters, 1..16. Default: all.
	Domain string `yaml:"domain"` // Of origins: file of the public list of values, one a line; the rest is other. Required for origin of trips.
	List   Words  `yaml:"list"`   // Of kind, category and gender: the values. Default: by the role; required for category.
	Bands  []int  `yaml:"bands"`  // Of age: lower bounds in years, ascending from 0. Default: 0, 18, 25, 45, 65.
}

// Cells is the plan of the places that rows name: a secret of the holder for antennas, public for stations and airports.
type Cells struct {
	File    string            `yaml:"file"`    // CSV, Parquet or GeoJSON; of antennas also a pattern, for a plan in parts. Required.
	Kind    string            `yaml:"kind"`    // antennas (footprints) or places (points). Default: antennas for events, places for trips.
	Columns map[string]Column `yaml:"columns"` // Names of the file to roles. Default: the names are the roles. Columns not listed are ignored.
}

// Zones are the zones that are published: a GeoJSON file, or the places themselves.
type Zones struct {
	File    string `yaml:"file"`    // GeoJSON, CRS84. Required unless from is given.
	ID      string `yaml:"id"`      // Property with the id. Default: id.
	Parent  string `yaml:"parent"`  // Property with the id of the zone above. Default: parent.
	Name    string `yaml:"name"`    // Property with the name. Default: name.
	Level   string `yaml:"level"`   // Property with the level, 0 at the top. Default: level.
	Version string `yaml:"version"` // Version of the geography, in every release. Required.
	From    string `yaml:"from"`    // cells: each place is a zone, its parent the zone above. Default: zones come from file.
}

// Grid is the grid of tiles that leaves are shared out over.
type Grid struct {
	Tile int `yaml:"tile"` // Side of a tile in metres, 50..5000. Default: 100.
}

// Attributes is what the holder knows of a pseudonym. Source: standards.md 9.3.
type Attributes struct {
	File    string            `yaml:"file"`    // CSV or parquet, one row a pseudonym. Required with columns.
	Columns map[string]Column `yaml:"columns"` // Roles subscriber or device, gender, age, origin. Required with file.
	Drop    Words             `yaml:"drop"`    // The columns that are never read. Default: none.
}

// Bounds is the most that one unit can add to a table in a period. Source: privacy.md 4.
type Bounds struct {
	Trips    int `yaml:"trips"`    // Moves of one unit in a period of flows, 1..50. Default: 6.
	Visitors int `yaml:"visitors"` // Zones in which one unit is a visitor in a day, 1..50. Default: 10.
	Tourism  int `yaml:"tourism"`  // Journeys of one unit in a month, 1..20. Default: 4.
	Cells    int `yaml:"cells"`    // Cells in which one unit's spending counts in its period, 1..20. Default: 5 with spending.
	Sales    int `yaml:"sales"`    // Sales of one unit that count in one cell, 1..20; asks for the table of their number. Default: no such table.
	Nights   int `yaml:"nights"`   // Nights of one unit at one destination in a month, 1..31. Default: 14 with bookings that say nights.
	Cases    int `yaml:"cases"`    // Cases of one person in a month, 1..10. Default: 4 with cases.
}

// Scaling says how devices become people.
type Scaling struct {
	Dedup   float64 `yaml:"dedup"`   // People per device of a customer, above 0 and at most 1. Default: 1.
	Inbound float64 `yaml:"inbound"` // Guests per foreign SIM in tables by day or month, above 0, at most 100. Default: as a customer's device of the zone.
}

// Privacy says what the results may tell about one unit. Source: privacy.md 9, 27.7.
type Privacy struct {
	Profile string          `yaml:"profile"` // strict, standard or trips. Default: strict for real data, else standard; trips for trips.
	Reason  string          `yaml:"reason"`  // Why real data run under more than strict. Default: none; they run under strict.
	Signed  string          `yaml:"signed"`  // Name of the key of the privacy officer under the reason, one of agreement.signed. Required with a reason.
	Shares  map[string]Nano `yaml:"shares"`  // Shares of the profile by product/table, in rho. Default: those of the profile.
	Cap30   Nano            `yaml:"cap_30"`  // Most of any 30 days, in rho. Default: 30 times the day of the profile, which is also the most.
	Cap365  Nano            `yaml:"cap_365"` // Most of any 365 days, in rho. Default: 365 times the day of the profile, which is also the most.
	Caps    RaisedCaps      `yaml:"caps"`    // Caps above those in force, with two signatures. Default: none.
}

// RaisedCaps are caps above those in force, signed by the privacy officer and the publisher. Source: privacy.md 10.3.
type RaisedCaps struct {
	Day        Nano        `yaml:"day"`        // Most of a civil day, in rho. Default: the day of the profile.
	Cap30      Nano        `yaml:"cap_30"`     // Most of any 30 days. Required with the others.
	Cap365     Nano        `yaml:"cap_365"`    // Most of any 365 days. Required with the others.
	ValidFrom  string      `yaml:"valid_from"` // First civil day of the new caps, at least 7 days after the ledger learns of them. Required with the others.
	Signatures []Signature `yaml:"signatures"` // Two: by privacy-officer and by publisher. Required with the others.
}

// SigningKey is the public key of somebody who may sign.
type SigningKey struct {
	By  string `yaml:"by"`  // privacy-officer or publisher. Required.
	Key string `yaml:"key"` // Ed25519 public key, 32 bytes in base64. Required.
}

// Signature is a signature of one of Keys.
type Signature struct {
	By  string `yaml:"by"`  // privacy-officer or publisher. Required.
	Key string `yaml:"key"` // The key of Keys, in base64. Required.
	Sig string `yaml:"sig"` // Ed25519 signature, 64 bytes in base64. Required.
}

// Guardian adds quiet areas that the holder cannot take away. Source: privacy.md 27.4.
type Guardian struct {
	File      string `yaml:"file"`      // Quiet areas like quiet.csv. Required with the others.
	Key       string `yaml:"key"`       // Its Ed25519 public key, 32 bytes in base64. Required with the others.
	Signature string `yaml:"signature"` // File with the signature of the bytes of File, in base64. Required with the others.
}

// Publish says when and how results come out.
type Publish struct {
	NotBefore string `yaml:"not_before"` // Days after the last civil day of the period and the hour by the clock: +1d06:00. Default: +1d06:00.
	Licence   string `yaml:"licence"`    // SPDX name of the licence. Required, but for synthetic data: CC0-1.0.
	Embargo   string `yaml:"embargo"`    // none, or days (+14d, at most +30d) for which only the recipients read the results. Default: none.
	Private   bool   `yaml:"private"`    // Only the holder reads the results; purpose own-market alone. Default: false.
}

// Location is the time zone of civil days and months.
func (c *Contract) Location() *time.Location { return c.clock }

// Dir is the folder of the contract; relative paths start there.
func (c *Contract) Dir() string { return c.dir }

// Notes are sentences about what was decided for the contract, for plan, check and the claim to print.
func (c *Contract) Notes() []string { return c.notes }

// Scope names the set of persons that share one budget: holder and feed.
func (c *Contract) Scope() string { return c.Holder.ID + "/" + c.Feed.ID }

// UnitOfPrivacy is the unit of the claim: subscriber-day, device-day, buyer-day and so on, or a row such as trip.
func (c *Contract) UnitOfPrivacy() string {
	if c.Weak() {
		return c.Feed.Unit
	}
	return c.Feed.Unit + "-day"
}
