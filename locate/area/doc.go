// Package area projects, measures and divides ground: an equal-area plane, a grid of tiles, polygons and how much of each
// tile they cover.
//
// Everything here is public geometry. It knows nothing of antennas, so whoever answers questions may use it.
package area
