package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// process is throng live at work.
type process struct {
	cmd     *exec.Cmd
	said    bytes.Buffer
	done    chan struct{}
	metrics string
}

// follow begins it on a free port.
func follow(ctx context.Context, program, dir string) (*process, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := free.Addr().String()
	free.Close()
	p := &process{done: make(chan struct{}), metrics: "http://" + address + "/metrics"}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), program, "live", filepath.Join(dir, "contract.yaml"), "--out", filepath.Join(dir, "out"), "--listen=", "--metrics", address)
	p.cmd.Stderr = &p.said
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	return p, nil
}

// stop ends it as Ctrl-C would, and wants it to be content.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill()
		return errors.New("throng live did not end within a minute")
	}
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("throng live: %s %s", p.cmd.ProcessState, strings.TrimSpace(p.said.String()))
	}
	return nil
}

// look takes one sample.
func (p *process) look(ctx context.Context) (s sample, err error) {
	if s.resident, err = p.resident(); err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.metrics, nil)
	if err != nil {
		return s, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return s, err
	}
	defer answer.Body.Close()
	of := map[string]*float64{"go_gc_heap_live_bytes": &s.heap, "throng_devices": &s.devices, "throng_rows_total": &s.rows, "throng_bins_published_total": &s.bins}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), " "); ok && of[name] != nil {
			if *of[name], err = strconv.ParseFloat(value, 64); err != nil {
				return s, err
			}
		}
	}
	return s, nil
}

// resident is its resident memory in bytes, as Linux tells it.
func (p *process) resident() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, errors.New("statm has no second field")
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	return pages * float64(os.Getpagesize()), err
}
