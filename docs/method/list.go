package method

// Parameters that several methods share.
var (
	hours   = Parameter{"bin", "1 hour", ""}
	silence = Parameter{"longest silence in one place", "12 hours", "Eurostat's multimno, adapted"}
	moving  = Parameter{"longest silence on the way", "2 hours", "Eurostat's multimno, adapted"}
	rule    = Parameter{"home", "modal", "FlowKit: last place of the day; permanence: Eurostat's multimno"}
	trips   = Parameter{"trips of a device and day that count", "6", ""}
	between = Parameter{"flows_silence", "4 hours of unknown time between two stays", "half of a silence, as in present"}
)

// list is every method of this version; one without a page is not shown.
var list = []Method{
	{Name: "present", Product: true, Page: "present-population.md", Line: "people in a place in an hour: total, gender, age, origin",
		Parameters: []Parameter{hours, silence, moving, {"residents of a block, an area", "2,000, 5,000", ""}, {"expected customers of a leaf", "150", ""},
			{"estimate", "linear", "em: Shepp and Vardi 1982"}, {"steps, redraws of em", "10 to 50, 100", "Eurostat's multimno, adapted; ours"}}},
	{Name: "present-live", Product: true, Page: "present-live.md", Line: "people in a place now, every quarter of an hour: total",
		Parameters: []Parameter{{"live.bin", "15 minutes", ""}, {"live.lateness", "10 minutes", ""}, {"live.carry", "8 bins", ""}, silence}},
	{Name: "visitors", Product: true, Page: "visitors.md", Line: "different people who were in a zone on a day",
		Parameters: []Parameter{{"zones of a device and day that count", "10", ""}}},
	{Name: "arrivals", Product: true, Page: "arrivals.md", Line: "people by the hour in which they first come into a zone on a day",
		Parameters: []Parameter{{"bounds.visitors", "10", "ours"}}},
	{Name: "nights", Product: true, Page: "nights.md", Line: "people by the zone in which they spend the night, by origin, gender and age",
		Parameters: []Parameter{{"night", "00:00 to 06:00 local time", ""}, {"residents of a zone", "20,000", ""}}},
	{Name: "flows-hour", Product: true, Page: "flows.md", Line: "journeys from zone to zone by hour of departure", Parameters: []Parameter{{"flows", "stay", "FlowKit"}, between, trips}},
	{Name: "flows-day", Product: true, Page: "flows.md", Line: "journeys from zone to zone by day", Parameters: []Parameter{{"flows", "stay", "FlowKit"}, between, trips}},
	{Name: "flows-month", Product: true, Page: "flows.md", Line: "journeys from zone to zone by month", Parameters: []Parameter{{"flows", "stay", "FlowKit"}, between, trips}},
	{Name: "usual", Product: true, Page: "usual-environment.md", Line: "people by the zone in which they live, and by where they live and work", Parameters: []Parameter{rule}},
	{Name: "migration", Product: true, Page: "migration.md", Line: "people by the zone of their home a month before and now", Parameters: []Parameter{rule}},
	{Name: "tourism", Product: true, Page: "tourism.md", Line: "journeys away from home by destination, origin and length",
		Parameters: []Parameter{{"journeys of a device and month that count", "4", ""}, {"residents of a destination", "5,000", ""}}},
	{Name: "spending", Product: true, Page: "spending.md", Line: "money spent and buyers by place, category and currency, in a day or month",
		Parameters: []Parameter{{"cells of a unit that count", "5", ""}, {"bound of an amount", "none: from public data", ""}}},
	{Name: "market", Product: true, Page: "market.md", Line: "customers by where they live, by month", Parameters: []Parameter{{"home", "first of the month", ""}}},
	{Name: "bookings", Product: true, Page: "bookings.md", Line: "trips and nights by destination, from tickets and bookings",
		Parameters: []Parameter{{"destinations of a traveller and month that count", "4", ""}, {"nights at one destination", "14", ""}}},
	{Name: "cases", Product: true, Page: "cases.md", Line: "what public bodies do, by district, authority and reason",
		Parameters: []Parameter{{"cases of a person and month that count", "4", ""}}},
	{Name: "reports", Product: true, Page: "cases.md", Line: "reports about places and vehicles by reason and day"},
	{Name: "vehicles", Product: true, Page: "vehicles.md", Line: "departures and arrivals of shared vehicles by station and hour", Parameters: []Parameter{hours, {"longest trip", "24 hours", ""}}},

	{Name: "roles", Page: "roles.md", Line: "people present by role: resident, commuter, visitor, transit",
		Parameters: []Parameter{{"work", "4 hours of stay between 08:00 and 18:00 on a working day", ""}, {"transit", "below 15 minutes of stay or silence there in the hour", ""}}},
	{Name: "long-absences", Page: "long-absences.md", Line: "people who are abroad for most of a month, by country and origin",
		Parameters: []Parameter{{"nights abroad", "80 % of those seen", ""}, {"nights seen", "20", ""}}},
	{Name: "tourism-balance", Page: "tourism-balance.md", Line: "destinations ranked with ranges, shares of spending, inflow and outflow, before and after an event",
		Parameters: []Parameter{{"level", "95 %", ""}, {"reliable", "denominator above 5 standard deviations", ""}}},
	{Name: "calibration", Page: "calibration.md", Line: "from devices to people, with public shares and census margins"},
	{Name: "registers", Page: "registers.md", Line: "spending of public bodies and rates by class of firm, from public registers",
		Parameters: []Parameter{{"score of an outlier", "3.5", "Iglewicz and Hoaglin 1993"}, {"bodies of a category", "5", ""}}},
	{Name: "combine", Page: "combine.md", Line: "published tables of several holders as one", Parameters: []Parameter{{"shares", "none: public", ""}}},
	{Name: "usual-day", Page: "usual-day.md", Line: "what an hour of a weekday is usually like, and how a day differs"},
	{Name: "forecast", Page: "forecast.md", Line: "past weeks carried forward, with an interval"},
	{Name: "nowcast", Page: "nowcast.md", Line: "arrivals and departures of a week, from nights by origin"},
	{Name: "catchments", Page: "catchments.md", Line: "people near the places of a public list"},
	{Name: "quality", Page: "quality.md", Line: "how good an input was, and when a person looks before publishing",
		Parameters: []Parameter{{"history", "7 days", "Eurostat's multimno"}, {"warning", "2 standard deviations, or 30 %", "Eurostat's multimno"}}},
	{Name: "synthetic-region", Page: "synthetic-region.md", Line: "the invented region on which errors are measured",
		Parameters: []Parameter{{"people", "200,000", ""}, {"rows of a phone and day", "40", ""}, {"the holder's share", "0.40", ""}}},
}
