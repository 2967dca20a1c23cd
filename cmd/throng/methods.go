package main

import (
	"fmt"
	"strings"

	"github.com/throng-stats/throng/docs/method"
	"github.com/throng-stats/throng/driver"
)

// methodsCmd is throng methods.
type methodsCmd struct {
	Product string `arg:"" optional:"" help:"Product or method; its definition is printed."`
}

// Help is what throng methods --help adds.
func (methodsCmd) Help() string {
	return `Lists what is published and what is made of it: what each is, the page that defines it, and its default parameters. With a
name it prints the definition. The pages are part of the program.

    throng methods
    throng methods present`
}

// defined is a method with what its page says.
type defined struct {
	method.Method
	Version    string `json:"version"`
	Definition string `json:"definition,omitempty"`
	Sources    string `json:"sources,omitempty"`
}

func define(m method.Method) defined {
	return defined{m, method.Version, m.Section("Definition"), m.Section("Sources")}
}

// Run prints the list, or one definition.
func (c *methodsCmd) Run(out *screen) error {
	if c.Product != "" {
		return sayMethod(out, c.Product)
	}
	var all []defined
	rows := [][]string{{"method", "what it is", "page"}}
	for _, m := range method.All() {
		one := define(m)
		one.Definition = "" // of one at a time
		all = append(all, one)
		rows = append(rows, []string{m.Name, m.Line, "docs/method/" + m.Page})
	}
	out.table("version "+method.Version, rows)
	out.say("next       throng methods %s", all[0].Name)
	return out.result(map[string]any{"version": method.Version, "methods": all})
}

func sayMethod(out *screen, name string) error {
	m, ok := method.Find(name)
	if !ok {
		var names []string
		for _, m := range method.All() {
			names = append(names, m.Name)
		}
		return &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("methods: got %.40q, want one of %s", name, strings.Join(names, ", "))}
	}
	one := define(m)
	out.say("%s: %s (version %s, docs/method/%s)\n", m.Name, m.Line, one.Version, m.Page)
	out.say("%s", one.Definition)
	if len(m.Parameters) > 0 {
		out.say("\nParameters by default")
	}
	for _, p := range m.Parameters {
		text := fmt.Sprintf("  %s: %s", p.Name, p.Default)
		if p.Source != "" {
			text += " (" + p.Source + ")"
		}
		out.say("%s", text)
	}
	if one.Sources != "" {
		out.say("\nSources\n%s", one.Sources)
	}
	return out.result(one)
}
