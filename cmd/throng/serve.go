package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/throng-stats/throng/driver"
	"github.com/throng-stats/throng/release"
	"github.com/throng-stats/throng/release/disk"
	"github.com/throng-stats/throng/serve/api"
	"github.com/throng-stats/throng/serve/dashboard"
)

// serveCmd is throng serve.
type serveCmd struct {
	Dir           string     `arg:"" help:"Folder of releases." type:"existingdir"`
	Listen        string     `help:"Address of page and API." default:"127.0.0.1:8080" placeholder:"ADDR"`
	IgnoreEmbargo bool       `help:"Serve releases of invented or public data before their time."`
	Access        tokenFlags `embed:""`
	Holder        []string   `help:"Folder of releases of another holder, served beside at /holders/NAME (may be given several times)." placeholder:"NAME=DIR"`
}

// another is a holder whose releases are served beside those of the first.
type another struct {
	name  string
	store release.Store
}

// holderName is one step of a path.
var holderName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// others opens the folders of other holders.
func others(list []string) (out []another, err error) {
	for _, one := range list {
		name, dir, ok := strings.Cut(one, "=")
		if !ok || !holderName.MatchString(name) || slices.ContainsFunc(out, func(a another) bool { return a.name == name }) {
			return nil, &driver.Error{Kind: driver.Invalid, Text: fmt.Sprintf("--holder: got %.60q, want NAME=DIR: lower case letters, digits and -, each name once", one)}
		}
		store, err := disk.OpenReadOnly(dir)
		if err != nil {
			return nil, err
		}
		out = append(out, another{name, store})
	}
	return out, nil
}

// Run serves until it is interrupted.
func (c *serveCmd) Run(ctx context.Context, out *screen) error {
	store, err := disk.OpenReadOnly(c.Dir)
	if err != nil {
		return err
	}
	options := api.Options{IgnoreEmbargo: c.IgnoreEmbargo}
	close, err := c.Access.open(&options)
	if err != nil {
		return err
	}
	defer close()
	beside, err := others(c.Holder)
	if err != nil {
		return err
	}
	return serve(ctx, out, store, c.Listen, options, beside...)
}

// serve answers from a store, and from those of others beside it, until ctx ends. It has the stores, and tokens if there are some,
// and nothing else: no feed, no ledger, no key.
func serve(ctx context.Context, out *screen, store release.Store, listen string, options api.Options, beside ...another) error {
	options.Version, options.Log, options.Done = code(), slog.New(slog.NewTextHandler(out.err, nil)).Error, ctx.Done()
	mux := http.NewServeMux()
	for _, a := range beside {
		path := "/holders/" + a.name
		options.Holders = append(options.Holders, api.Holder{Name: a.name, Path: path})
		own := api.New(a.store, api.Options{Version: options.Version, Log: options.Log, Done: options.Done, IgnoreEmbargo: options.IgnoreEmbargo, Beside: []release.Store{store}})
		for _, under := range []string{"/v1", "/v1/"} {
			mux.Handle(path+under, http.StripPrefix(path, own))
		}
	}
	answers := api.New(store, options)
	for _, path := range []string{"/v1", "/v1/", "/problems/"} {
		mux.Handle(path, answers)
	}
	mux.Handle("/", dashboard.Handler())
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return &driver.Error{Kind: driver.Busy, Text: fmt.Sprintf("%v; choose another address with --listen", err)}
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	out.say("serving    http://%s/ (page) and http://%s/v1 (API); Ctrl-C ends", listener.Addr(), listener.Addr())
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		stop, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err := server.Shutdown(stop)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		return err
	}
}
