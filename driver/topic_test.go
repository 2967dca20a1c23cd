package driver_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	feedkafka "github.com/throng-stats/throng/feed/kafka"
	"github.com/throng-stats/throng/feed/kafka/kafkatest"
)

// TestTopicSecurely: topic and board are reached as feed.kafka.tls and sasl say, and one wrong word is an error that names the option.
func TestTopicSecurely(t *testing.T) {
	dir := kafkatest.Secure(t)
	line := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	ca, cert := filepath.Join(dir, "ca.pem"), fmt.Sprintf(", cert: %[1]s/client.pem, key: %[1]s/client.key", dir)
	sasl := func(mechanism string) string {
		return fmt.Sprintf(", sasl: {mechanism: %s, user: %s, password_file: %s/password}", mechanism, line("user"), dir)
	}
	for _, broker := range []struct {
		at   string
		with feedkafka.Secure
	}{
		{line("address"), feedkafka.Secure{CA: ca, Mechanism: "plain", User: line("user"), PasswordFile: filepath.Join(dir, "password")}},
		{line("mutual"), feedkafka.Secure{CA: ca, Cert: filepath.Join(dir, "client.pem"), Key: filepath.Join(dir, "client.key")}},
	} {
		opts, err := feedkafka.Reach(feedkafka.Options{Brokers: []string{broker.at}, Secure: broker.with})
		if err != nil {
			t.Fatal(err)
		}
		client, err := kgo.NewClient(opts...)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		stamps := "LogAppendTime"
		if r, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, map[string]*string{"message.timestamp.type": &stamps}, "talk"); err != nil || r.Err != nil {
			t.Fatal(err, r.Err)
		}
	}
	for _, one := range []struct{ name, at, tls, sasl, want string }{
		{"plain", "address", "", sasl("plain"), ""},
		{"scram-sha-256", "address", "", sasl("scram-sha-256"), ""},
		{"scram-sha-512", "address", "", sasl("scram-sha-512"), ""},
		{"certificate", "mutual", cert, "", ""},
		{"no certificate", "mutual", "", "", "feed.kafka.tls.cert"},
		{"no password", "address", "", "", "feed.kafka.tls and sasl"},
	} {
		t.Run(one.name, func(t *testing.T) {
			r := liveRegion(t).set("  unit: subscriber\n  arrival: log-time", "  columns: {user: {as: subscriber, type: text}, at: {as: time, type: text}, cell: {as: cell, type: text}}",
				fmt.Sprintf("  files:\n  kafka: {brokers: %q, topic: talk, format: json, tls: {ca: %s%s}%s}", line(one.at), ca, one.tls, one.sasl))
			job, err := r.prepare(t)
			if err != nil {
				t.Fatal(err)
			}
			log, err := job.OpenTopic(t.Context(), func(string) {})
			if one.want != "" {
				if err == nil || !strings.Contains(err.Error(), one.want) {
					t.Errorf("got %v, want an error with %q", err, one.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer log.Close()
			board, err := job.OpenBoard(t.Context(), log, [][32]byte{{1}})
			if err != nil {
				t.Fatal(err)
			}
			defer board.Close()
			if err := board.Put(t.Context(), 0, "a", []byte("note")); err != nil {
				t.Error(err)
			}
		})
	}
}
