// Package broker runs a real Kafka broker on this machine, for benchmarks and trials: that of tools/kafka.sh, at a port and in a folder of
// its own, which can be killed and started again on its data.
package broker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// script is run from the root of the project.
const script = "tools/kafka.sh"

// ErrNone says that this machine has no broker to run: no Java, no Maven, or no registry.
var ErrNone = errors.New("no broker can be had")

// Broker is one that was started. Its methods belong to one goroutine.
type Broker struct {
	Address string // host:port

	dir  string
	port int
}

// Start starts a broker that keeps its data in a folder. The error is ErrNone, with the reason, where none can be had.
func Start(ctx context.Context, dir string) (*Broker, error) {
	if _, err := exec.LookPath("java"); err != nil {
		return nil, fmt.Errorf("%w: no Java on this machine", ErrNone)
	}
	b := &Broker{dir: dir}
	if _, err := b.script(ctx, "--lib"); err != nil {
		return nil, fmt.Errorf("%w: its jars cannot be fetched: %w", ErrNone, err)
	}
	var err error
	if b.port, err = freePorts(); err != nil {
		return nil, err
	}
	b.Address = net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port))
	if _, err := b.script(ctx, "start"); err != nil {
		return nil, fmt.Errorf("the broker did not start: %w", err)
	}
	return b, nil
}

// ports is how many ports in a row the script needs.
const ports = 4

// freePorts finds the first of some free ports in a row. They lie below those that a system gives to connections, so that none takes them while the broker
// is away.
func freePorts() (int, error) {
	for range 100 {
		port := 20_000 + ports*rand.IntN(10_000/ports)
		free := 0
		for free < ports && isFree(port+free) {
			free++
		}
		if free == ports {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no %d free ports in a row between 20000 and 30000", ports)
}

func isFree(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	return err == nil && l.Close() == nil
}

// script runs a command of the script to its end. The broker outlives it, so it must not hold our pipes.
func (b *Broker) script(ctx context.Context, command string) (string, error) {
	cmd := exec.CommandContext(ctx, script, command)
	cmd.Env = append(os.Environ(), "KAFKA_PORT="+strconv.Itoa(b.port), "KAFKA_RUN="+b.dir, "KAFKA_WAIT=600")
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", script, command, err, strings.TrimSpace(said.String()))
	}
	return string(out), nil
}

// PID is the process of the broker, 0 when it cannot be told.
func (b *Broker) PID() int {
	text, _ := os.ReadFile(filepath.Join(b.dir, "pid"))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// Kill ends it as a power failure would, and waits until it is gone. What it has acknowledged is in its files.
func (b *Broker) Kill() error {
	pid := b.PID()
	if pid <= 0 {
		return errors.New("no process id of the broker")
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	for IsRunning(pid) || b.answers() { // its threads end one after the other
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

func (b *Broker) answers() bool {
	c, err := net.Dial("tcp", b.Address)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// IsRunning reports whether there is a process of this id that has not ended.
func IsRunning(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // one that nobody has waited for is a zombie in the system's sense
	return err != nil || !bytes.Contains(stat, []byte(") Z "))
}

// Resume starts it again on its data.
func (b *Broker) Resume(ctx context.Context) error {
	_, err := b.script(ctx, "resume")
	return err
}

// Stop stops it and removes its data; it may be called for one that is stopped.
func (b *Broker) Stop() error {
	_, err := b.script(context.Background(), "stop")
	return err
}
