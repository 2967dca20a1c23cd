package usual

// Weights share one device out over the tiles of a label: by the weight of each, evenly where all weights are 0 or weight
// is nil. They sum to 1, so that a device adds 1 to all tiles together.
func Weights(tiles []uint32, weight func(tile uint32) float64) []float64 {
	shares, sum := make([]float64, len(tiles)), 0.0
	for i, t := range tiles {
		if weight != nil {
			shares[i] = max(0, weight(t))
		}
		sum += shares[i]
	}
	for i := range shares {
		if sum > 0 {
			shares[i] /= sum
		} else {
			shares[i] = 1 / float64(len(tiles))
		}
	}
	return shares
}
