// Package throng holds the words that are safe to say in public: zones, leaves, periods, bands, table shapes.
//
// Throng counts crowds, never people. Every other package speaks with the words of this one, and this one imports
// nothing of the project.
package throng
