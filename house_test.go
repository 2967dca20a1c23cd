package throng_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/throng-stats/throng"

// mayImport is the whole architecture: who may import whom, by top-level folder. "." is the root package; an entry with
// a slash allows that one package; "*" is everything. Anything not written here is forbidden. Read it downwards: it is the
// order in which the data travels.
var mayImport = map[string][]string{
	"attack":            {".", "release", "synth"}, // sees what an attacker sees
	"bench":             {"*"},
	"changes":           {},
	"cmd":               {"*"},
	"config":            {".", "config", "event", "feed", "filter", "locate", "mobility", "population", "privacy", "reckon", "release", "serve"},
	"docs":              {},
	"driver":            {".", "config", "driver", "event", "feed", "filter", "locate", "mobility", "population", "privacy", "reckon", "release"},
	"driver/demo":       {".", "config", "driver", "event", "feed", "filter", "locate", "mobility", "population", "privacy", "reckon", "release", "synth"},
	"driver/drivertest": {".", "config", "driver", "event", "feed", "filter", "locate", "mobility", "population", "privacy", "reckon", "release", "synth"},
	"examples":          {},

	".":                {},
	"event":            {"."},
	"feed":             {".", "event", "feed", "locate"},
	"filter":           {".", "event", "locate"},
	"locate":           {".", "locate"}, // the ground, nothing personal
	"mobility":         {".", "event", "locate"},
	"population":       {".", "event", "locate", "mobility", "population"},
	"privacy":          {".", "population", "privacy"}, // the only door
	"privacy/account":  {"."},
	"privacy/bound":    {".", "population"},
	"privacy/count":    {".", "privacy/bound"},
	"privacy/ledger":   {".", "privacy/account"},
	"privacy/noise":    {"."},
	"privacy/result":   {"."},
	"reckon":           {".", "locate", "privacy/result", "reckon", "release"},
	"reckon/allot":     {".", "locate/area", "locate/zone", "reckon", "release"},
	"reckon/balance":   {".", "locate/area", "locate/zone", "reckon", "release"},
	"reckon/calibrate": {".", "locate/area", "locate/zone", "reckon", "release"},
	"reckon/compare":   {".", "release"},
	"release":          {".", "release"},
	"serve": {".", "locate/area", "locate/zone", "reckon/allot", "reckon/balance", "reckon/calibrate", "reckon/compare",
		"reckon/forecast", "release", "serve"},

	"synth": {".", "event", "synth"}, // knows the truth, not our methods
	"tools": {"*"},
}

// mustNotReach lists what a folder may not depend on even indirectly, and why.
var mustNotReach = []struct{ from, to, why string }{
	{"serve", "event", "an answer must never be able to touch a person's data"},
	{"serve", "mobility", "an answer must never be able to touch a person's data"},
	{"serve", "privacy", "an answer is made from releases, not at the door"},
	{"serve", "locate/antenna", "the cell plan is the operator's secret"},
	{"serve", "release/disk", "the store is handed in, so that the page reads whatever keeps releases"},
	{"reckon", "event", "an estimate is made from public numbers only"},
	{"reckon", "population", "an estimate is made from public numbers only"},
	{"reckon", "privacy/count", "an estimate is made from noisy counts only"},
	{"privacy/ledger", "population", "the ledger knows costs, not people"},
	{"attack", "privacy", "an honest attacker has no access to the defence"},
	{"synth", "filter", "the truth must not be computed by the code under test"},
	{"synth", "locate", "the truth must not be computed by the code under test"},
	{"synth", "mobility", "the truth must not be computed by the code under test"},
	{"synth", "privacy", "the truth must not be computed by the code under test"},
}

// pure are the folders that compute and therefore do not touch the world: only such code gives the same answer under
// every driver. Time, randomness and files come as arguments.
var pure = []string{".", "event", "filter", "locate", "mobility", "population", "privacy/account", "privacy/bound",
	"privacy/count", "privacy/noise", "privacy/result", "reckon", "release"}

// impure are the exceptions below pure folders that say so in their name.
var impure = []string{"release/disk", "release/storetest"}

var worldly = []string{"os", "net", "log", "log/slog", "database/sql", "math/rand", "math/rand/v2", "crypto/rand", "os/exec", "net/http", "syscall"}

// clockMayTick are the packages in which time.Now may stand.
var clockMayTick = []string{"attack", "bench", "cmd", "driver", "feed/kafka", "feed/push", "release/disk", "serve/api", "synth", "tools"}

type pkg struct {
	ImportPath   string
	Dir          string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
	GoFiles      []string
}

func folder(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

func ours(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

func inside(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

func list(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Imports,TestImports,XTestImports,Deps,GoFiles", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(p.ImportPath, "node_modules") {
			all = append(all, p)
		}
	}
}

// rule returns the most exact line of mayImport for a folder.
func rule(at string) (string, []string, bool) {
	for f := at; ; f = filepath.Dir(f) {
		if allowed, ok := mayImport[f]; ok && (f != "." || at == ".") {
			return f, allowed, true
		}
		if f == "." {
			return "", nil, false
		}
	}
}

// violations applies the three walls to a list of packages; it is a function of its input so that the test can show
// that each wall stands by planting what it forbids.
func violations(all []pkg) []string {
	var bad []string
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	for _, p := range all {
		at := folder(p.ImportPath)
		_, allowed, ok := rule(at)
		if !ok {
			say("%s: new top-level folder; give it a line in mayImport", at)
			continue
		}
		for _, imp := range p.Imports {
			if ours(imp) && !slices.Contains(allowed, "*") && !slices.ContainsFunc(allowed, func(a string) bool {
				return folder(imp) == a || a != "." && inside(folder(imp), a)
			}) {
				say("%s imports %s; %s may import only %v", at, folder(imp), at, allowed)
			}
			if slices.Contains(worldly, imp) && isPure(at) {
				say("%s imports %q; it computes and must not touch the world", at, imp)
			}
		}
		for _, wall := range mustNotReach {
			if !inside(at, wall.from) {
				continue
			}
			for _, dep := range p.Deps {
				if ours(dep) && inside(folder(dep), wall.to) {
					say("%s reaches %s: %s", at, folder(dep), wall.why)
				}
			}
		}
	}
	slices.Sort(bad)
	return bad
}

func isPure(at string) bool {
	if slices.ContainsFunc(impure, func(f string) bool { return inside(at, f) }) {
		return false
	}
	return slices.ContainsFunc(pure, func(f string) bool { return at == f || f != "." && inside(at, f) })
}

// TestWalls is wall one, two and three (docs/ARCHITECTURE.md).
func TestWalls(t *testing.T) {
	for _, v := range violations(list(t)) {
		t.Error(v)
	}
}

// TestWallsStand plants one violation of each kind and wants its reason.
func TestWallsStand(t *testing.T) {
	m := func(f string) string { return module + "/" + f }
	for _, c := range []struct {
		plant pkg
		want  string
	}{
		{pkg{ImportPath: m("serve/api"), Imports: []string{m("event")}}, "serve/api imports event; serve/api may import only"},
		{pkg{ImportPath: m("serve/api"), Deps: []string{m("event")}}, "serve/api reaches event: an answer must never be able to touch a person's data"},
		{pkg{ImportPath: m("filter"), Imports: []string{"os"}}, `filter imports "os"; it computes and must not touch the world`},
		{pkg{ImportPath: m("misc")}, "misc: new top-level folder; give it a line in mayImport"},
		{pkg{ImportPath: m("reckon"), Imports: []string{m("privacy")}}, "reckon imports privacy; reckon may import only"},
		{pkg{ImportPath: m("synth/city"), Deps: []string{m("locate")}}, "synth/city reaches locate: the truth must not be computed by the code under test"},
		{pkg{ImportPath: m("privacy/noise"), Imports: []string{"crypto/rand"}}, `privacy/noise imports "crypto/rand"; it computes`},
	} {
		got := strings.Join(violations([]pkg{c.plant}), "\n")
		if !strings.Contains(got, c.want) {
			t.Errorf("planted %s %v %v: got %q, want %q", c.plant.ImportPath, c.plant.Imports, c.plant.Deps, got, c.want)
		}
	}
}

// TestFolders fails when a new top-level folder appears, with Go code in it or not.
func TestFolders(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if _, _, ok := rule(e.Name()); !ok {
			t.Errorf("%s: new top-level folder; give it a line in mayImport", e.Name())
		}
	}
}

// goFiles calls fn for each Go file of the project that is not a test.
func goFiles(t *testing.T, fn func(path string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		fn(path, file, fset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestBudget keeps files below 600 lines and functions below 80 (tables of literals not counted).
func TestBudget(t *testing.T) {
	goFiles(t, func(path string, file *ast.File, fset *token.FileSet) {
		if n := fset.File(file.Pos()).LineCount(); n > 600 {
			t.Errorf("%s has %d lines, want at most 600; split it by idea", path, n)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			lines := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
			literal := 0
			ast.Inspect(fn, func(n ast.Node) bool {
				if lit, ok := n.(*ast.CompositeLit); ok {
					literal += fset.Position(lit.End()).Line - fset.Position(lit.Pos()).Line
					return false
				}
				return true
			})
			if lines-literal > 80 {
				t.Errorf("%s: function %s has %d lines, want at most 80", path, fn.Name.Name, lines-literal)
			}
		}
	})
}

// TestDocs wants one package comment a package, and a comment on everything exported.
func TestDocs(t *testing.T) {
	comments := map[string]int{}
	goFiles(t, func(path string, file *ast.File, fset *token.FileSet) {
		if file.Doc != nil {
			comments[filepath.Dir(path)]++
		} else {
			comments[filepath.Dir(path)] += 0
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
					t.Errorf("%s: %s is exported and has no comment", fset.Position(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, ok := s.(*ast.TypeSpec); ok && s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
						t.Errorf("%s: type %s is exported and has no comment", fset.Position(s.Pos()), s.Name.Name)
					}
				}
			}
		}
	})
	for dir, n := range comments {
		if n != 1 {
			t.Errorf("%s has %d package comments, want exactly one", dir, n)
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if generic, ok := typ.(*ast.IndexExpr); ok {
		typ = generic.X
	}
	name, ok := typ.(*ast.Ident)
	return !ok || name.IsExported()
}

// TestClock wants time as an argument wherever things are computed.
func TestClock(t *testing.T) {
	goFiles(t, func(path string, file *ast.File, fset *token.FileSet) {
		dir := filepath.Dir(path)
		if slices.ContainsFunc(clockMayTick, func(f string) bool { return inside(dir, f) }) {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Now" {
				if id, ok := sel.X.(*ast.Ident); ok && id.Name == "time" {
					t.Errorf("%s calls time.Now; take the time as an argument", fset.Position(n.Pos()))
				}
			}
			return true
		})
	})
}

// TestNoise: exact counts become numbers in one place only, the door.
func TestNoise(t *testing.T) {
	goFiles(t, func(path string, file *ast.File, fset *token.FileSet) {
		if inside(filepath.Dir(path), "privacy") {
			return
		}
		for _, imp := range file.Imports {
			if strings.Trim(imp.Path.Value, `"`) == module+"/privacy/noise" && !inside(filepath.Dir(path), "cmd") && !inside(filepath.Dir(path), "bench") {
				t.Errorf("%s imports privacy/noise; only the door draws noise", path)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "Noisy") {
					t.Errorf("%s takes the counts out of a table; only the door may", fset.Position(n.Pos()))
				}
			}
			return true
		})
	})
}
