package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// process is one throng at work.
type process struct {
	cmd  *exec.Cmd
	said bytes.Buffer
	done chan struct{}
	err  error
}

// start begins a command of throng.
func start(ctx context.Context, throng string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, throng, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// kill ends it as a power failure would, if it has not ended.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// signal sends a signal; a process that has ended does not get it.
func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// hasEnded waits a while for the end.
func (p *process) hasEnded(within time.Duration) bool {
	select {
	case <-p.done:
		return true
	case <-time.After(within):
		return false
	}
}

// code is the exit code, -1 after a kill.
func (p *process) code() int { return p.cmd.ProcessState.ExitCode() }

// end is what it said when it ended by itself.
func (p *process) end() string {
	return fmt.Sprintf("exit %d: %s", p.code(), strings.TrimSpace(p.said.String()))
}

// interrupted is the exit code of a process that was asked to end before it had begun.
const interrupted = 130

// stop asks it to end, and wants it to be content with that.
func (p *process) stop() error {
	p.signal(syscall.SIGINT)
	if err := p.succeed(); p.code() != interrupted && !p.wasTooEarly() {
		return err
	}
	return nil
}

// wasTooEarly reports whether the signal came before the process could hear it.
func (p *process) wasTooEarly() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGINT
}

// patience is how long a process may take for anything before that is taken for a fault of its own.
const patience = 3 * time.Minute

// succeed waits for a process to end by itself, and wants it to be content.
func (p *process) succeed() error {
	if !p.hasEnded(patience) {
		p.signal(syscall.SIGQUIT) // where does it hang?
		if !p.hasEnded(10 * time.Second) {
			p.kill()
		}
		return fmt.Errorf("nothing came of it in %s; %s", patience, p.end())
	}
	if p.err != nil {
		return fmt.Errorf("want an end without complaint, got %s", p.end())
	}
	return nil
}

// live follows the folder of a trial until everything is published.
func live(ctx context.Context, throng, dir string, w *world) (*process, error) {
	return start(ctx, throng, "live", filepath.Join(dir, "contract.yaml"), "--out", filepath.Join(dir, "out"), "--listen=", "--metrics=",
		"--checkpoint=500ms", "--until", time.UnixMilli(w.until).UTC().Format(time.RFC3339))
}

// batch counts the day of a trial from the files as they lie.
func batch(ctx context.Context, throng, dir string, w *world) (*process, error) {
	return start(ctx, throng, "run", filepath.Join(dir, "contract.yaml"), "--out", filepath.Join(dir, "out"), "--from", w.day.Name, "--to", w.day.Name)
}

// exists reports whether a file is there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
