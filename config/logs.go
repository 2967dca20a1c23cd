package config

import (
	"maps"
	"net"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Kafka is a topic that is read for ever. Source: standards.md 9.1, scale.md 7.
type Kafka struct {
	Brokers Words  `yaml:"brokers"` // host:port of some brokers. Required.
	Topic   string `yaml:"topic"`   // Name of the topic, keyed by the unit; message.timestamp.type is LogAppendTime. Required.
	Group   string `yaml:"group"`   // Consumer group of throng's own. Default: throng- and feed.id.
	TLS     TLS    `yaml:"tls"`     // Encryption. Default: none.
	SASL    SASL   `yaml:"sasl"`    // Who reads. Default: nobody says.
	Format  string `yaml:"format"`  // Of an entry: json, csv, avro or packed. Required.
	Header  Words  `yaml:"header"`  // Of csv: the names of the fields of a line, in their order; each stands in columns or drop. Required for csv.
	Schema  string `yaml:"schema"`  // Of avro: file of the schema (.avsc). Required for avro.
}

// TLS is how a connection is encrypted.
type TLS struct {
	CA   string `yaml:"ca"`   // File of the roots that are trusted, PEM, or system. Required for kafka; for push, of client certificates, default: none are asked for.
	Cert string `yaml:"cert"` // File of our own certificate, PEM. Required for push; for kafka with key.
	Key  string `yaml:"key"`  // File of its key, PEM. Required with cert.
}

// SASL is how we say who we are.
type SASL struct {
	Mechanism    string `yaml:"mechanism"`     // plain, scram-sha-256 or scram-sha-512. Required with the others.
	User         string `yaml:"user"`          // Name. Required with the others.
	PasswordFile string `yaml:"password_file"` // File of the password, one line, mode 0600. Required with the others.
}

// Push is an address at which rows are taken in. Source: standards.md 9.1.
type Push struct {
	Listen    string `yaml:"listen"`     // address:port, such as 127.0.0.1:8081. Required.
	TokenFile string `yaml:"token_file"` // File of the bearer token, one line of at least 32 signs, mode 0600. Required.
	TLS       TLS    `yaml:"tls"`        // Encryption. Required for real data on an address that other machines reach.
	Format    Words  `yaml:"format"`     // What bodies may be: arrow, csv, json, packed. Default: all four.
}

// Sources of a feed.
const (
	SourceFiles = "files"
	SourceKafka = "kafka"
	SourcePush  = "push"
)

// Formats of entries of logs.
const (
	FormatJSON   = "json"
	FormatCSV    = "csv"
	FormatAvro   = "avro"
	FormatPacked = "packed"
	FormatArrow  = "arrow" // of what is pushed
)

var (
	kafkaFormats   = []string{FormatJSON, FormatCSV, FormatAvro, FormatPacked}
	pushFormats    = []string{FormatArrow, FormatCSV, FormatJSON, FormatPacked}
	saslMechanisms = []string{"plain", "scram-sha-256", "scram-sha-512"}
	topicName      = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)
)

// tlsSystem stands for the roots that the machine trusts.
const tlsSystem = "system"

// sources are the sources that the contract names: exactly one when it is valid.
func (c *Contract) sources() []string {
	var named []string
	if len(c.Feed.Files) > 0 {
		named = append(named, SourceFiles)
	}
	if !c.Feed.Kafka.isEmpty() {
		named = append(named, SourceKafka)
	}
	if !c.Feed.Push.isEmpty() {
		named = append(named, SourcePush)
	}
	return named
}

func (k *Kafka) isEmpty() bool {
	return len(k.Brokers) == 0 && len(k.Header) == 0 && k.Topic+k.Group+k.Format+k.Schema == "" && k.TLS == TLS{} && k.SASL == SASL{}
}

func (p *Push) isEmpty() bool {
	return p.Listen+p.TokenFile == "" && len(p.Format) == 0 && p.TLS == TLS{}
}

// Source says where rows come from: files, kafka or push.
func (c *Contract) Source() string {
	if s := c.sources(); len(s) == 1 {
		return s[0]
	}
	return SourceFiles
}

// IsLog reports whether the feed is a log without an end rather than files.
func (c *Contract) IsLog() bool { return c.Source() != SourceFiles }

func (c *Contract) setLogDefaults() {
	k, p := &c.Feed.Kafka, &c.Feed.Push
	if !k.isEmpty() && k.Group == "" {
		k.Group = "throng-" + c.Feed.ID
	}
	if !p.isEmpty() {
		if len(p.Format) == 0 {
			p.Format = slices.Clone(pushFormats)
		}
		slices.Sort(p.Format)
	}
}

// checkSource checks where rows come from.
func (c *Contract) checkSource(find *findings) {
	f := &c.Feed
	switch s := c.sources(); {
	case len(s) == 0:
		find.invalid("feed.files", "got nothing, want one or more patterns, such as in/{day}.parquet; or feed.kafka, or feed.push")
	case len(s) > 1:
		find.invalid("feed", "has %s; rows come from one of files, kafka and push", strings.Join(s, " and "))
	case c.IsLog():
		if f.Kind != kindEvents {
			find.invalid("feed.kind", "got %s from %s; a feed of %s is read from files", f.Kind, s[0], f.Kind)
		}
		if f.Format != "" {
			find.invalid("feed.format", "is of files; write feed.%s.format", s[0])
		}
	}
	for _, pattern := range f.Files {
		checkPattern(find, pattern)
	}
	if !f.Kafka.isEmpty() {
		c.checkKafka(find)
	}
	if !f.Push.isEmpty() {
		c.checkPush(find)
	}
}

// checkArrival checks what says when a record arrived: a log stamps its entries, files have a time or a column.
func (c *Contract) checkArrival(find *findings) {
	f := &c.Feed
	if !oneOf(find, "feed.arrival", f.Arrival, "file-time", "column", "log-time") {
		return
	}
	replayed := c.Source() == SourceKafka && f.Arrival == "column" && c.Data != DataReal
	if (f.Arrival == "log-time") != c.IsLog() && !replayed {
		find.invalid("feed.arrival", "got %s; kafka and push have log-time, the stamps of the log itself, and files have file-time or column (a topic too, of invented or public data that is replayed)", f.Arrival)
		return
	}
	if (f.Arrival == "column") != (columnAs(f.Columns, "arrival") != "") {
		find.invalid("feed.arrival", "got %s; write column exactly when a column has the role arrival", f.Arrival)
	}
}

func (c *Contract) checkKafka(find *findings) {
	k := &c.Feed.Kafka
	if len(k.Brokers) == 0 {
		find.invalid("feed.kafka.brokers", "got nothing, want host:port of some brokers, such as [kafka1:9092, kafka2:9092]")
	}
	for _, b := range k.Brokers {
		if host, _, ok := hostPort(b); !ok || host == "" {
			find.invalid("feed.kafka.brokers", "got %.80q, want host:port, such as kafka1:9092", b)
		}
	}
	if !topicName.MatchString(k.Topic) || k.Topic == "." || k.Topic == ".." {
		find.invalid("feed.kafka.topic", "got %.80q, want the name of a topic: 1 to 249 of letters, digits, . _ and -", k.Topic)
	}
	if !topicName.MatchString(k.Group) {
		find.invalid("feed.kafka.group", "got %.80q, want 1 to 249 of letters, digits, . _ and -", k.Group)
	}
	oneOf(find, "feed.kafka.format", k.Format, kafkaFormats...)
	if (k.Schema != "") != (k.Format == FormatAvro) {
		find.invalid("feed.kafka.schema", "write the file of the schema (.avsc) exactly when the format is avro")
	}
	if (len(k.Header) > 0) != (k.Format == FormatCSV) {
		find.invalid("feed.kafka.header", "write the names of the fields in their order exactly when the format is csv, whose entries have no header line")
	}
	c.checkHeader(find, k.Header)
	if k.TLS != (TLS{}) && (k.TLS.CA == "" || (k.TLS.Cert == "") != (k.TLS.Key == "")) {
		find.invalid("feed.kafka.tls", "want ca (a file, or system), and cert and key together or neither")
	}
	c.checkSASL(find)
	if c.Data == DataReal && k.TLS == (TLS{}) && !slices.ContainsFunc(k.Brokers, isLoopback) {
		c.notes = append(c.notes, "feed.kafka: rows of people travel unencrypted; add tls, unless the network between is yours alone")
	}
}

// checkHeader wants every field to be a column of the contract, and every column of the contract among the fields.
func (c *Contract) checkHeader(find *findings, header Words) {
	if len(header) == 0 {
		return
	}
	for i, name := range header {
		if _, known := c.Feed.Columns[name]; !known && !slices.Contains(c.Feed.Drop, name) {
			find.invalid("feed.kafka.header", "%.60q is neither in columns nor in drop; put it into one of them", name)
		}
		if slices.Contains(header[:i], name) {
			find.invalid("feed.kafka.header", "%.60q stands there twice; keep one", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Feed.Columns)) {
		if !slices.Contains(header, name) {
			find.invalid("feed.kafka.header", "column %.60q is not among the fields; add it where it stands", name)
		}
	}
}

func (c *Contract) checkSASL(find *findings) {
	s, key := c.Feed.Kafka.SASL, "feed.kafka.sasl"
	if s == (SASL{}) {
		return
	}
	oneOf(find, key+".mechanism", s.Mechanism, saslMechanisms...)
	if s.User == "" || s.PasswordFile == "" {
		find.invalid(key, "want mechanism, user and password_file together; the password stands in a file, never in the contract")
	}
	if s.Mechanism == "plain" && c.Feed.Kafka.TLS == (TLS{}) {
		find.invalid(key+".mechanism", "plain sends the password as it is; add feed.kafka.tls, or write scram-sha-512")
	}
}

func (c *Contract) checkPush(find *findings) {
	p := &c.Feed.Push
	if host, _, ok := hostPort(p.Listen); !ok || host == "" {
		find.invalid("feed.push.listen", "got %.80q, want address:port, such as 127.0.0.1:8081", p.Listen)
	}
	if p.TokenFile == "" {
		find.invalid("feed.push.token_file", "got nothing, want the file of the token that senders show; the token itself never stands in the contract")
	}
	for _, format := range p.Format {
		oneOf(find, "feed.push.format", format, pushFormats...)
	}
	if len(slices.Compact(slices.Clone(p.Format))) != len(p.Format) {
		find.invalid("feed.push.format", "a format stands there twice; keep one")
	}
	if p.TLS != (TLS{}) && (p.TLS.Cert == "" || p.TLS.Key == "" || p.TLS.CA == tlsSystem) {
		find.invalid("feed.push.tls", "want cert and key, and ca only as the file of roots of client certificates")
	}
	if c.Data == DataReal && p.TLS == (TLS{}) && !isLoopback(p.Listen) {
		find.invalid("feed.push.tls", "rows of people would come in unencrypted; add tls: {cert, key}, or listen at 127.0.0.1 behind a proxy that has them")
	}
}

func hostPort(text string) (host string, port int, ok bool) {
	host, number, err := net.SplitHostPort(text)
	port, bad := strconv.Atoi(number)
	return host, port, err == nil && bad == nil && port >= 0 && port <= 65535 && !strings.ContainsAny(host, "/ @")
}

func isLoopback(address string) bool {
	host, _, _ := hostPort(address)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// KafkaOptions is what reading a topic needs; files are resolved.
func (c *Contract) KafkaOptions() Kafka {
	k := c.Feed.Kafka
	k.Brokers, k.Header = slices.Clone(k.Brokers), slices.Clone(k.Header)
	k.TLS = c.tlsPaths(k.TLS)
	k.SASL.PasswordFile, k.Schema = c.Path(k.SASL.PasswordFile), c.Path(k.Schema)
	return k
}

// PushOptions is what taking rows in needs; files are resolved.
func (c *Contract) PushOptions() Push {
	p := c.Feed.Push
	p.Format, p.TLS, p.TokenFile = slices.Clone(p.Format), c.tlsPaths(p.TLS), c.Path(p.TokenFile)
	return p
}

func (c *Contract) tlsPaths(t TLS) TLS {
	if t.CA != tlsSystem {
		t.CA = c.Path(t.CA)
	}
	t.Cert, t.Key = c.Path(t.Cert), c.Path(t.Key)
	return t
}

// LogName is the name of the log that the feed is: kafka/ and the topic, or push/ and the feed; "" of files.
func (c *Contract) LogName() string {
	switch c.Source() {
	case SourceKafka:
		return path.Join(SourceKafka, c.Feed.Kafka.Topic)
	case SourcePush:
		return path.Join(SourcePush, c.Feed.ID)
	}
	return ""
}
