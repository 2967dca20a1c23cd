package ledger

import (
	"errors"
	"io"
)

// Files is everything the ledger asks of a disk: one flat folder that nobody else may read. Disk is the real one,
// Memory the one that tests crash. Names that do not exist answer fs.ErrNotExist.
type Files interface {
	ReadFile(name string) ([]byte, error)
	ReadEnd(name string, most int) (end []byte, size int, err error) // the last bytes, so many at most, and how many the file has
	List() ([]string, error)                                         // names in ascending order
	Create(name string) (File, error)                                // empty, in place of what had the name
	OpenAppend(name string) (File, error)                            // made when it does not exist
	Rename(from, to string) error                                    // atomic, in place of what had the name
	SyncDir() error                                                  // makes created and renamed names durable
	Lock(name, owner string) (io.Closer, error)                      // until closed; ErrLocked while another holds it; the file then names its owner
}

// File is a file that is written from the front to the end.
type File interface {
	io.Writer
	Sync() error // makes what was written durable; never repeated after it failed
	Close() error
}

// ErrLocked answers Lock while somebody else holds the lock.
var ErrLocked = errors.New("locked by another writer")

// ErrNoLocks answers Lock on a file system whose locks do not exclude anybody.
var ErrNoLocks = errors.New("the file system does not keep locks")
