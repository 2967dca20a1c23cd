package driver

// Witness sets who is shown keyed digests of the tables before the noise, and answers how to stop it.
func Witness(f func(product, period string, digests []string)) (stop func()) {
	witness = f
	return func() { witness = nil }
}
