//go:build !oracle

package main

const hasOracle = false
