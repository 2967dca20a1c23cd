package main

import "runtime/debug"

// versionCmd is throng version.
type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(out *screen) error {
	out.say("throng %s", code())
	return out.result(map[string]string{"version": code()})
}

// code is the version and revision of the binary, as it stands in ledgers and manifests.
func code() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			revision = " " + s.Value[:12]
		}
	}
	return info.Main.Version + revision
}
