// Package serve answers questions from releases alone.
package serve
