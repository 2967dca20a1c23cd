package journal

import (
	"errors"
	"fmt"
	"io"
)

// groupBytes is how much is written at once.
const groupBytes = 8 << 20

// commit is the one goroutine that writes.
func (j *Journal) commit() {
	defer close(j.done)
	for {
		group := j.wait()
		if group == nil {
			break
		}
		answers, err := j.write(group)
		for i, p := range group {
			if err != nil {
				answers[i] = answer{err: err}
			}
			p.answer <- answers[i]
		}
	}
	if err := j.file.Close(); err != nil {
		j.fail(err)
	}
}

// wait takes from the queue, or nothing when the journal is closed and all is written.
func (j *Journal) wait() (group []*pending) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.queue) == 0 && !j.isClosed {
		j.wake.Wait()
	}
	for size := int64(0); len(j.queue) > 0 && (len(group) == 0 || size+j.queue[0].size <= groupBytes); j.queue = j.queue[1:] {
		group = append(group, j.queue[0])
		size += j.queue[0].size
	}
	return group
}

// write makes a group durable. Only this goroutine changes what it reads without the lock.
func (j *Journal) write(group []*pending) ([]answer, error) {
	defer j.unqueue(group)
	if err := j.failure(); err != nil {
		return make([]answer, len(group)), err
	}
	if err := j.rotate(); err != nil {
		return make([]answer, len(group)), j.fail(err)
	}
	j.mu.Lock()
	seg, start, clock := j.segments[len(j.segments)-1], j.end, max(j.clock, j.opt.Now().UnixMilli())
	answers, fresh, number := j.answers(group, clock)
	j.mu.Unlock()
	var buf []byte
	for _, i := range fresh {
		h := head{number: number, group: start, arrival: clock, kind: group[i].kind}
		buf = seg.appendEntry(buf, start+Offset(len(buf)), h, group[i].plain)
		number++
	}
	if len(buf) == 0 {
		return answers, nil
	}
	n, err := j.file.Write(buf)
	if err == nil && n < len(buf) {
		err = io.ErrShortWrite
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return answers, j.fail(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.end += Offset(len(buf))
	j.number, j.clock = number, clock
	j.tell()
	return answers, nil
}

// answers decides which of a group are new, and remembers their keys; the lock is held. What is remembered of a group that
// cannot be written does not matter: nothing is taken after that.
func (j *Journal) answers(group []*pending, clock int64) (answers []answer, fresh []int, number int64) {
	j.keys.forget(clock)
	next := j.number
	for i, p := range group {
		old := j.keys.of[p.key]
		switch {
		case old != nil && old.body != p.body:
			answers = append(answers, answer{err: ErrKey})
			continue
		case old != nil:
			answers = append(answers, answer{receipt: Receipt{old.number, old.arrival, int(old.rows), int(old.rejected), true}})
			continue
		case p.key != (Key{}) && len(j.keys.of) >= j.opt.Keys:
			answers = append(answers, answer{err: ErrFull})
			continue
		}
		if p.kind == kindKeys {
			list, _ := readKeys(p.plain[0])
			for _, k := range list {
				if known := j.keys.of[k.key]; known != nil {
					known.home = next
				}
			}
		}
		j.keys.add(remembered{p.key, p.body, clock, next, next, p.rows, p.rejected})
		answers = append(answers, answer{receipt: Receipt{Number: next, Arrival: clock, Rows: int(p.rows), Rejected: int(p.rejected)}})
		fresh = append(fresh, i)
		next++
	}
	return answers, fresh, j.number
}

func (j *Journal) unqueue(group []*pending) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range group {
		j.queued -= p.size
	}
}

func (j *Journal) failure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// fail ends the taking: nobody knows what a disk holds after it has failed.
func (j *Journal) fail(err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		j.err = fmt.Errorf("journal: %w; nothing was acknowledged that is not durable: mend the disk or free room, and start again", err)
		j.tell()
	}
	return j.err
}

// rotate begins a new file when the last is long enough.
func (j *Journal) rotate() error {
	j.mu.Lock()
	last := j.segments[len(j.segments)-1]
	j.mu.Unlock()
	if int64(j.end-last.base) < j.opt.SegmentBytes {
		return nil
	}
	old := j.file
	return errors.Join(j.begin(last.number+1), old.Close())
}

// begin makes a new file, durable before anything is in it.
func (j *Journal) begin(number int64) error {
	s := newSegment(j.opt.Key, segment{number: number, base: j.end, stamp: j.clock, first: j.number, partitions: int64(j.opt.Partitions)})
	file, err := j.opt.Files.Create(s.name)
	if err != nil {
		return err
	}
	n, err := file.Write(s.header)
	if err == nil && n < len(s.header) {
		err = io.ErrShortWrite
	}
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = j.opt.Files.SyncDir()
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.file = file
	j.segments = append(j.segments, s)
	return nil
}
