package city

// The names are invented. Ids are what files and the API carry.
const (
	countryID   = "AU"
	countryName = "Aurelande"
)

// provinceNames begins with the host; its groups are in provinceGroups.
var provinceNames = [...]string{"Corvande", "Ostrelle", "Tarmorin", "Vessange", "Luvarde", "Quimaure"}

// provinceGroups are the macro-regions of origin (privacy rules allow at most eight groups, abroad included).
var provinceGroups = [...]string{"corvande", "north", "north", "east", "south", "south"}

// provinceResidents is the invented census, in people; the host's is replaced by its registered residents when
// these are more.
var provinceResidents = [...]int64{150_000, 284_000, 198_000, 231_000, 342_000, 176_000}

var countyNames = [...]string{"Haut-Corvan", "Estrevais", "Morvillois", "Bas-Corvan"}

// municipalityNames: the city first, then the three towns, then the rest.
var municipalityNames = [...]string{
	"Corvanne", "Estrevaux", "Morvillac", "Pontarelle",
	"Aubrive-sur-Luce", "Bellaigne", "Brévenay", "Chantelouze", "Cormeraie", "Dorvilliers", "Escorbeaux", "Fontgrêle",
	"Gravemont", "Hautelarche", "Jorquevielle", "Lanterville", "Marsonnay", "Nervaux", "Orvignac", "Péruzelle",
	"Roquedave", "Saint-Orlin", "Tresmont", "Vauxbrune",
}

// Country is a country whose phones roam here.
type Country struct {
	MCC       int    // mobile country code of the SIM (ITU-T E.212)
	Network   int    // PLMN of one network there, which our own people see abroad
	Code      string // ISO 3166 alpha-3
	Group     string // group of origin
	Residents int64  // people, rounded (public estimates of about 2024)
	Weight    float64
}

// Countries are the twelve countries of origin of roamers. Weights are ours.
var Countries = [...]Country{
	{262, 26201, "DEU", "abroad-europe", 84_000_000, 18},
	{234, 23415, "GBR", "abroad-europe", 68_000_000, 16},
	{206, 20601, "BEL", "abroad-europe", 11_800_000, 13},
	{222, 22201, "ITA", "abroad-europe", 59_000_000, 10},
	{214, 21401, "ESP", "abroad-europe", 48_000_000, 10},
	{204, 20404, "NLD", "abroad-europe", 17_900_000, 9},
	{228, 22801, "CHE", "abroad-europe", 8_900_000, 8},
	{268, 26801, "PRT", "abroad-europe", 10_600_000, 5},
	{260, 26001, "POL", "abroad-europe", 37_000_000, 4},
	{310, 310260, "USA", "abroad", 335_000_000, 4},
	{604, 60400, "MAR", "abroad", 37_000_000, 2},
	{460, 46000, "CHN", "abroad", 1_409_000_000, 1},
}
