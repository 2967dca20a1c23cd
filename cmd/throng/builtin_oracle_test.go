//go:build oracle

package main

const hasOracle = true
