package account

// Refused says that a privacy rule forbids what was asked for. It is not a failure: commands answer it with an exit
// code of its own.
type Refused struct{ Why string }

// Error is the rule, in words.
func (r Refused) Error() string { return r.Why }

// Kind is "refused": the word by which programs tell errors apart.
func (Refused) Kind() string { return "refused" }

// Invalid says that what was asked for makes no sense, whatever the budget.
type Invalid struct{ Why string }

// Error says what was got, what was wanted and what to do.
func (i Invalid) Error() string { return i.Why }

// Kind is "invalid".
func (Invalid) Kind() string { return "invalid" }
