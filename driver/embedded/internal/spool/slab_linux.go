package spool

import "syscall"

// leastHuge is what a page of the larger size holds.
const leastHuge = 2 << 20

// wantHuge asks for large pages under a slab: a twentieth of a run went into faults of small ones. Slabs begin at pages, as
// all large memory does; where the system does not want to, everything works as before.
func wantHuge(slab []byte) {
	if len(slab) >= leastHuge {
		_ = syscall.Madvise(slab, syscall.MADV_HUGEPAGE)
	}
}
