package spool

// Blocks are cut from slabs, whose memory is asked for at once: the first is small, so that a small run stays small, and
// each next one of a writer is larger.
const (
	leastSlab = 8 * blockSize
	mostSlab  = 1024 * blockSize
)

// block returns memory for a block: that of a block which was written to the file, while there is any.
func (w *Writer) block() []byte {
	if one := w.spool.spareBlock(); one != nil {
		return one
	}
	if len(w.slab) == 0 {
		w.next = min(max(2*w.next, leastSlab), mostSlab)
		w.slab = make([]byte, w.next)
		w.spool.note(wantHuge(w.slab))
	}
	one := w.slab[:blockSize:blockSize]
	w.slab = w.slab[blockSize:]
	return one
}

// region is memory by its addresses, which keeps nothing alive.
type region struct{ from, length uintptr }

// note keeps in mind what has to be taken back in the end.
func (s *Spool) note(r region) {
	if r.length == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.huge = append(s.huge, r)
}

// spareBlock returns a block that is free again, or nil.
func (s *Spool) spareBlock() []byte {
	if s.spare.Load() == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.free)
	if n == 0 {
		return nil
	}
	one := s.free[n-1]
	s.free = s.free[:n-1]
	s.spare.Add(-1)
	return one
}
