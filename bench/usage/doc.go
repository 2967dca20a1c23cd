// Package usage tells what a process took of its machine: processor time and memory.
package usage
