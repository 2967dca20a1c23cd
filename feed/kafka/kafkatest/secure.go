package kafkatest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Secure starts two brokers with TLS, of which one asks for a password and the other for a certificate, and returns a folder with the files
// that tools/kafka.sh makes for a real one. They end with the test.
func Secure(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	root := sign(t, dir, "ca", nil)
	roots := x509.NewCertPool()
	roots.AddCert(root.Leaf)
	config := &tls.Config{Certificates: []tls.Certificate{sign(t, dir, "server", &root)}, ClientCAs: roots}
	sign(t, dir, "client", &root)
	const user, password = "reader", "a password of the fake broker"
	opts := []kfake.Opt{kfake.TLS(config), kfake.EnableSASL()}
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		opts = append(opts, kfake.Superuser(mechanism, user, password))
	}
	asking := config.Clone()
	asking.ClientAuth = tls.RequireAndVerifyClientCert
	for name, text := range map[string]string{"user": user, "password": password,
		"address": New(t, opts...).ListenAddrs()[0], "mutual": New(t, kfake.TLS(asking)).ListenAddrs()[0]} {
		write(t, filepath.Join(dir, name), []byte(text+"\n"))
	}
	return dir
}

// sign makes a certificate and its key, signed by another or by itself, and writes both.
func sign(t testing.TB, dir, name string, by *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: by == nil, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	parent, signer := of, any(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	cert, err := x509.CreateCertificate(rand.Reader, of, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	write(t, filepath.Join(dir, name+".pem"), certText)
	write(t, filepath.Join(dir, name+".key"), keyText)
	pair, err := tls.X509KeyPair(certText, keyText)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
