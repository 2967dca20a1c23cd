package event

// Sale is what a row of a company's own feed says besides who, when and where: a ticket, a booking, a purchase, a case of a
// public body, a report. Nothing else of such a row enters.
type Sale struct {
	Home   uint32    // place where the unit lives, or NoPlace
	Origin uint16    // region where the unit lives: index into the public list, or NoOrigin
	Code   [2]uint16 // what the row is of: indexes into the code lists of the contract's dimensions, such as category and channel
	Amount int32     // in the smallest unit of the currency, below zero for what is given back
	Coin   uint8     // index into the currencies of the contract
	Nights uint8     // of a booking; of a case the days that it waited, 255 for more
}

// MostAmount is the largest amount that a record holds; larger ones are stored as it. Every bound of a contract is smaller, so
// that what is counted is the same.
const MostAmount = 1<<31 - 1

// Set writes a sale into a record: the codes where trips have their end, currency and nights where events have a SIM.
func (r *Record) Set(s Sale) {
	r.To, r.Origin, r.Amount = s.Home, s.Origin, s.Amount
	r.End = uint32(s.Code[0])<<16 | uint32(s.Code[1])
	r.SIM = uint16(s.Coin)<<8 | uint16(s.Nights)
}

// Sale reads what Set wrote.
func (r *Record) Sale() Sale {
	return Sale{Home: r.To, Origin: r.Origin, Code: [2]uint16{uint16(r.End >> 16), uint16(r.End)}, Amount: r.Amount,
		Coin: uint8(r.SIM >> 8), Nights: uint8(r.SIM)}
}
