package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// roomSize is that of a disk that can be filled: far more than a trial needs.
const roomSize = "64m"

// room is a small disk of memory mounted over a folder.
type room struct{ dir string }

// smallDisk mounts one over a folder and keeps what lies in it. The error says why there is none.
func smallDisk(dir string) (*room, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	kept := dir + "-kept"
	if err := os.CopyFS(kept, os.DirFS(dir)); err != nil {
		return nil, err
	}
	defer os.RemoveAll(kept)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+roomSize); err != nil {
		return nil, fmt.Errorf("no small disk can be mounted (%w); run as root where mounting is allowed", err)
	}
	r := &room{dir}
	if err := os.CopyFS(dir, os.DirFS(kept)); err != nil {
		return nil, errors.Join(err, r.leave())
	}
	return r, nil
}

func (r *room) ballast() string { return filepath.Join(r.dir, ".ballast") }

// fill leaves no byte free.
func (r *room) fill() error {
	f, err := os.Create(r.ballast())
	if err != nil {
		return err
	}
	defer f.Close()
	for step := 1 << 20; step > 0; {
		if _, err = f.Write(make([]byte, step)); err != nil {
			step /= 2
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return nil
}

// empty makes room again.
func (r *room) empty() error { return os.Remove(r.ballast()) }

// leave copies what lies on the disk to where it would lie without, and unmounts it.
func (r *room) leave() error {
	if r == nil {
		return nil
	}
	kept := r.dir + "-kept"
	err := os.CopyFS(kept, os.DirFS(r.dir))
	if err = errors.Join(err, syscall.Unmount(r.dir, syscall.MNT_DETACH)); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(r.dir), os.Rename(kept, r.dir))
}
