package main

// synthCmd and demoCmd are filled by their own files.
type synthCmd struct{}
type demoCmd struct{}
