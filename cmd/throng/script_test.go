package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
)

var rewrite = flag.Bool("rewrite", false, "write what was printed into the transcripts that compare it")

// TestMain makes the test binary throng itself when it is called by that name, as the transcripts do.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"throng": main})
}

// TestTranscripts runs every file of testdata: what a person types, and what comes back.
func TestTranscripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		UpdateScripts:       *rewrite,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GOMAXPROCS", "2")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     exits,
			"interrupt": interrupt,
			"meanwhile": meanwhile,
			"together":  together,
			"sums":      sums,
			"swap":      swap,
			"cut":       cut,
			"pack":      pack,
			"rows":      rows,
			"lakehouse": lakehouse,
			"counters":  counters,
		},
	})
}

// exits CODE PROGRAM ARGS... runs a program, which must end with that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	if got := codeOf(err); got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func codeOf(err error) int {
	if err == nil {
		return 0
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// process is a program that a transcript started and has not waited for.
type process struct {
	*exec.Cmd
	ended chan error
	said  transcript
}

// transcript is what a program prints, to both streams; it may be read while the program writes.
type transcript struct {
	mu   sync.Mutex
	text []byte
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	return len(b), nil
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

func start(ts *testscript.TestScript, args []string) *process {
	p := &process{Cmd: exec.Command(args[0], args[1:]...), ended: make(chan error, 1)}
	path, err := findIn(ts.Getenv("PATH"), args[0])
	ts.Check(err)
	p.Path, p.Err = path, nil
	p.Dir = ts.MkAbs(".")
	p.Env = []string{"PATH=" + ts.Getenv("PATH"), "GOMAXPROCS=2", "TMPDIR=" + ts.Getenv("TMPDIR"), "HOME=" + ts.MkAbs(".")}
	p.Stdout, p.Stderr = &p.said, &p.said
	ts.Check(p.Start())
	go func() { p.ended <- p.Wait() }()
	return p
}

func findIn(path, name string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		if at := filepath.Join(dir, name); isFile(at) {
			return at, nil
		}
	}
	return "", fmt.Errorf("%s is not in %s", name, path)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// code waits for the end, prints what was said, and returns the exit code.
func (p *process) code(ts *testscript.TestScript) int {
	select {
	case err := <-p.ended:
		ts.Logf("[%s]\n%s", strings.Join(p.Args, " "), p.said.String())
		return codeOf(err)
	case <-time.After(time.Minute):
		_ = p.Process.Kill()
		ts.Fatalf("%s does not end", strings.Join(p.Args, " "))
		return -1
	}
}

// until waits until a file of the pattern is there that is not empty, or for "says:TEXT" until the program says that, and
// reports whether it came before the end.
func (p *process) until(ts *testscript.TestScript, pattern string) bool {
	words, isSaid := strings.CutPrefix(pattern, "says:")
	for {
		if isSaid && strings.Contains(p.said.String(), words) {
			return true
		}
		found, err := filepath.Glob(ts.MkAbs(pattern))
		ts.Check(err)
		if slices.ContainsFunc(found, func(path string) bool { info, err := os.Stat(path); return err == nil && info.Size() > 0 }) {
			return true
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			return false
		case <-time.After(time.Millisecond):
		}
	}
}

// interrupt CODE PATTERN PROGRAM ARGS... runs a program, presses Ctrl-C when a file of the pattern is there (or the program
// says:TEXT), and compares its exit code. With kill instead of a code it is killed. What was printed is
// then in the file said.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	want, signal := -1, os.Kill
	if args[0] != "kill" {
		var err error
		want, err = strconv.Atoi(args[0])
		ts.Check(err)
		signal = os.Interrupt
	}
	p := start(ts, args[2:])
	if !p.until(ts, args[1]) {
		ts.Fatalf("it ended with %d before %s was there", p.code(ts), args[1])
	}
	ts.Check(p.Process.Signal(signal))
	if got := p.code(ts); got != want {
		ts.Fatalf("it ended with %d, want %d", got, want)
	}
	ts.Check(os.WriteFile(ts.MkAbs("said"), []byte(p.said.String()), 0o644))
}

// meanwhile PATTERN A... -- B... starts A, stops it in the middle, when a file of the pattern is there, runs B, which must
// be told that somebody is busy (4), and lets A go on to its good end.
func meanwhile(ts *testscript.TestScript, neg bool, args []string) {
	at := slices.Index(args, "--")
	p := start(ts, args[1:at])
	if !p.until(ts, args[0]) {
		ts.Fatalf("it ended with %d before %s was there", p.code(ts), args[0])
	}
	ts.Check(p.Process.Signal(syscall.SIGSTOP))
	if got := codeOf(ts.Exec(args[at+1], args[at+2:]...)); got != 4 {
		_ = p.Process.Kill()
		ts.Fatalf("the second writer ended with %d, want 4", got)
	}
	ts.Check(p.Process.Signal(syscall.SIGCONT))
	if got := p.code(ts); got != 0 {
		ts.Fatalf("the first writer ended with %d, want 0", got)
	}
}

// together N PROGRAM ARGS... runs N copies of a program at once. At least one must end with 0, and every other with 0 or,
// busy, with 4.
func together(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var all []*process
	for range n {
		all = append(all, start(ts, args[1:]))
	}
	good := 0
	for _, p := range all {
		switch got := p.code(ts); got {
		case 0:
			good++
		case 4:
		default:
			ts.Fatalf("one ended with %d, want 0 or 4", got)
		}
	}
	if good == 0 {
		ts.Fatalf("nobody was let in")
	}
}

// sums DIR FILE writes the SHA-256 of every file below DIR to FILE.
func sums(ts *testscript.TestScript, neg bool, args []string) {
	var b strings.Builder
	dir := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(text), strings.TrimPrefix(path, dir))
		return err
	}))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o644))
}

// swap PATTERN OLD NEW replaces the first OLD in a file by NEW. As OLD, @N means whatever stands at byte N; as NEW, FF is
// 64 bytes of that value.
func swap(ts *testscript.TestScript, neg bool, args []string) {
	found, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%d files are like %s, want one", len(found), args[0])
	}
	text, err := os.ReadFile(found[0])
	ts.Check(err)
	with := []byte(args[2])
	if args[2] == "FF" {
		with = bytes.Repeat([]byte{0xff}, 64)
	}
	if at, isAt := strings.CutPrefix(args[1], "@"); isAt {
		n, err := strconv.Atoi(at)
		ts.Check(err)
		copy(text[n:], with)
	} else {
		if !bytes.Contains(text, []byte(args[1])) {
			ts.Fatalf("%s does not hold %q", args[0], args[1])
		}
		text = bytes.Replace(text, []byte(args[1]), with, 1)
	}
	ts.Check(os.WriteFile(found[0], text, 0o600))
}

// cut FILE BYTES keeps the first bytes of a file.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// pack FROM TO writes a file as gzip.
func pack(ts *testscript.TestScript, neg bool, args []string) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(errors.Join(err, z.Close()))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o644))
}

// rows FILE N writes N rows of what buses report on the day that the file is named after. In "rows FILE N bad" the last row has no time where it
// should.
func rows(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	f, err := os.Create(path)
	ts.Check(err)
	w := bufio.NewWriterSize(f, 1<<20)
	w.WriteString("bus,time,stop\n")
	var line []byte
	day := strings.TrimSuffix(filepath.Base(path), ".csv")
	for i := range n {
		second := i * 86399 / n
		line = append(line[:0], 'b')
		line = strconv.AppendInt(line, int64(10000+i*7919%5000), 10)
		line = append(append(append(line, ','), day...), 'T')
		for _, v := range [...]int{second / 3600, second / 60 % 60, second % 60} {
			line = append(line, byte('0'+v/10), byte('0'+v%10), ':')
		}
		line[len(line)-1] = ','
		line = append(line, 's', byte('1'+i%3), '\n')
		if i == n-1 && len(args) > 2 {
			line = bytes.Replace(line, []byte(day+"T23"), []byte("secretly23"), 1)
		}
		w.Write(line)
	}
	ts.Check(errors.Join(w.Flush(), f.Close()))
}

// TestEveryFlagIsDescribed: docs/command.md has every command, flag and argument of the binary.
func TestEveryFlagIsDescribed(t *testing.T) {
	page, err := os.ReadFile("../../docs/command.md")
	if err != nil {
		t.Fatal(err)
	}
	parser, err := kong.New(&cli{}, kong.Name("throng"))
	if err != nil {
		t.Fatal(err)
	}
	described(t, string(page), parser.Model.Node, nil)
}

// described looks for a command and those below it. A command has a section of its own, with its flags in code quotes.
func described(t *testing.T, page string, node *kong.Node, path []string) {
	section := page
	if len(path) > 0 && len(node.Children) == 0 {
		heading := "\n## throng " + strings.Join(path, " ") + "\n"
		at := strings.Index(page, heading)
		if at < 0 {
			t.Errorf("docs/command.md has no section %q", strings.TrimSpace(heading))
			return
		}
		section, _, _ = strings.Cut(page[at+len(heading):], "\n## ")
	}
	for _, f := range node.Flags {
		if name := "`--" + f.Name; !strings.Contains(section, name+"`") && !strings.Contains(section, name+" ") && !strings.Contains(section, name+"=") {
			t.Errorf("docs/command.md does not describe %s` of throng %s", name, strings.Join(path, " "))
		}
	}
	for _, p := range node.Positional {
		if name := strings.ToUpper(p.Name); !strings.Contains(section, name) {
			t.Errorf("docs/command.md does not describe the argument %s of throng %s", name, strings.Join(path, " "))
		}
	}
	for _, child := range node.Children {
		described(t, page, child, append(slices.Clone(path), child.Name))
	}
}
