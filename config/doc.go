// Package config reads one file into the Options of every stage.
//
// The file is the contract: what an agreement to use a feed looks like to a machine. It says who holds the feed, what it
// is used for, which columns may enter and what is published. A contract is checked as a whole before any other file is
// opened, so that a column that must not enter is refused by its name and not by its values.
package config
