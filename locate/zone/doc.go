// Package zone reads public geographies: hierarchies of zones with their shapes, and which zone a point lies in.
package zone
