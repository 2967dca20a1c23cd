package config

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

const kafkaEdits = `feed.files =
feed.kafka = {brokers: ["kafka1.inside:9093"], topic: events, tls: {ca: roots.pem}, sasl: {mechanism: plain, user: reader, password_file: pw}, format: avro, schema: e.avsc}
products = [present, present-live]
`

// TestLogDefaults: what a log leaves open is written out, paths are resolved, and none of it leaves the house.
func TestLogDefaults(t *testing.T) {
	c := parseBase(t, "events", kafkaEdits)
	equal(t, "source", c.Source(), SourceKafka)
	equal(t, "name", c.LogName(), "kafka/events")
	equal(t, "arrival", c.FeedOptions().Arrival, "log-time")
	equal(t, "options", c.LiveOptions(), LiveOptions{10 * time.Minute, 6 * time.Hour, 15 * time.Minute, 8})
	equal(t, "tables", strings.Join(c.Tables(PresentLive), " "), "leaf block area")
	c.dir = "/etc/throng"
	k := c.KafkaOptions()
	equal(t, "group", k.Group, "throng-signalling")
	equal(t, "paths", strings.Join([]string{k.TLS.CA, k.TLS.Cert, k.SASL.PasswordFile, k.Schema}, " "), "/etc/throng/roots.pem  /etc/throng/pw /etc/throng/e.avsc")
	for key, value := range c.Options() {
		if strings.Contains(key, "kafka") || strings.Contains(value, "inside") || strings.Contains(value, "reader") {
			t.Errorf("option %s tells %q", key, value)
		}
	}
	equal(t, "option", c.Options()["live.carry"], "8")
	again, err := Parse(c.Canonical(), "")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "canonical text", string(again.Canonical()), string(c.Canonical()))
	none := parseBase(t, "events", kafkaEdits+"live.carry = 0")
	equal(t, "carry", none.LiveOptions().Carry, 0)
	push := parseBase(t, "events", "feed.files =\nfeed.push = {listen: \"127.0.0.1:0\", token_file: t}")
	equal(t, "formats", strings.Join(push.PushOptions().Format, " "), "arrow csv json packed")
	equal(t, "a contract of files", parseBase(t, "events", "").LiveOptions(), LiveOptions{})
	if strings.Contains(string(parseBase(t, "events", "").Canonical()), "live") {
		t.Error("a contract that is not live has options of live, so its digest is another one than before there were logs")
	}
}

// TestShortLateness: two have to sign the wait and the scope that stand there, and each with a key of its own.
func TestShortLateness(t *testing.T) {
	officer, publisher := ed25519.NewKeyFromSeed(make([]byte, 32)), ed25519.NewKeyFromSeed([]byte(strings.Repeat("b", 32)))
	text := base64.StdEncoding.EncodeToString
	sign := func(key ed25519.PrivateKey, by, message string) string {
		return fmt.Sprintf("{by: %s, key: %q, sig: %q}", by, text(key.Public().(ed25519.PublicKey)), text(ed25519.Sign(key, []byte(message))))
	}
	base := fmt.Sprintf("agreement = {purpose: safety}\nattributes =\norigins =\nreview =\nproducts = [present-live]\nkeys = [{by: privacy-officer, key: %q}, {by: publisher, key: %q}]\n",
		text(officer.Public().(ed25519.PublicKey)), text(publisher.Public().(ed25519.PublicKey)))
	const message = "throng lateness 1\nscope op-a/signalling\nlateness 5m\n"
	for _, one := range []struct {
		first, second, lateness string
		ok                      bool
	}{
		{sign(officer, ByOfficer, message), sign(publisher, ByPublisher, message), "5m", true},
		{sign(officer, ByOfficer, message), sign(publisher, ByPublisher, message), "4m", false},
		{sign(officer, ByOfficer, message), sign(officer, ByOfficer, message), "5m", false},
		{sign(officer, ByOfficer, message), sign(officer, ByPublisher, message), "5m", false},
		{sign(officer, ByOfficer, message), sign(publisher, ByPublisher, message+" "), "5m", false},
	} {
		edits := base + fmt.Sprintf("live = {lateness: %s, signatures: [%s, %s]}", one.lateness, one.first, one.second)
		_, err := Parse([]byte(change(t, bases["events"], edits)), "")
		if ok := err == nil; ok != one.ok || err != nil && KindOf(err) != Refused {
			t.Errorf("%s with %s and %s: got %v, want valid: %v", one.lateness, one.first, one.second, err, one.ok)
		}
	}
}
