package spool

import (
	"reflect"
	"syscall"
)

// leastHuge is what a page of the larger size holds.
const leastHuge = 2 << 20

// wantHuge asks for large pages under a slab: a twentieth of a run went into faults of small ones. Slabs begin at pages, as
// all large memory does; where the system does not want to, everything works as before.
func wantHuge(slab []byte) (r region) {
	if len(slab) < leastHuge || syscall.Madvise(slab, syscall.MADV_HUGEPAGE) != nil {
		return r
	}
	return region{reflect.ValueOf(slab).Pointer(), uintptr(len(slab))}
}

// wantSmall asks for small ones from now on. The wish belongs to the addresses, and outlives the slab: where Go later keeps a few small things and
// has given the rest back to the system, the system would fill it up to large pages again, and a process that goes on would grow. What another spool
// has at these addresses by then becomes slower, and stays right.
func wantSmall(r region) {
	if r.length > 0 {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, r.from, r.length, syscall.MADV_NOHUGEPAGE)
	}
}
