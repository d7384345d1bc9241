// Package busconfig makes the configuration of a message bus from flags: the one Teranode's clients run with, on
// loopback, and with everything it logs told to the test.
package busconfig

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	msgbus "github.com/bsv-blockchain/go-p2p-message-bus"
	"github.com/libp2p/go-libp2p/core/crypto"

	"peerline.test/bus/driver"
)

// Flags are what a test may choose.
type Flags struct {
	name, key, static, bootstrap, cache, ip string
	port, low, high                         int
	grace                                   time.Duration
	private                                 bool
}

// Define adds the flags to the command line's.
func Define() *Flags {
	f := &Flags{}
	flag.StringVar(&f.name, "name", "bus", "name in every envelope")
	flag.StringVar(&f.key, "key", "", "file to keep the key in, made when missing")
	flag.StringVar(&f.static, "static", "", "StaticPeers, with commas")
	flag.StringVar(&f.bootstrap, "bootstrap", "", "BootstrapPeers, with commas")
	flag.StringVar(&f.cache, "cache", "", "PeerCacheFile")
	flag.StringVar(&f.ip, "ip", "127.0.0.1", "the address it announces")
	flag.IntVar(&f.port, "port", 0, "Port; 0: one that is free")
	flag.IntVar(&f.low, "low", 0, "MinConnections")
	flag.IntVar(&f.high, "high", 0, "MaxConnections")
	flag.DurationVar(&f.grace, "grace", 0, "ConnectionGracePeriod")
	flag.BoolVar(&f.private, "private", true, "AllowPrivateIPs")
	return f
}

// Config is the bus's, and where it will listen.
func (f *Flags) Config() (msgbus.Config, string, error) {
	port, err := f.freePort()
	if err != nil {
		return msgbus.Config{}, "", err
	}
	key, err := f.loadKey()
	if err != nil {
		return msgbus.Config{}, "", err
	}
	at := fmt.Sprintf("/ip4/%s/tcp/%d", f.ip, port)
	return msgbus.Config{
		Name:                  f.name,
		Logger:                logger{},
		PrivateKey:            key,
		ProtocolVersion:       "/teranode/bitcoin/mainnet/1.0.0",
		PeerCacheFile:         f.cache,
		AnnounceAddrs:         []string{at},
		Port:                  port,
		BootstrapPeers:        f.bootstrapPeers(),
		StaticPeers:           list(f.static),
		DHTMode:               "off",
		AllowPrivateIPs:       f.private,
		MaxConnections:        f.high,
		MinConnections:        f.low,
		ConnectionGracePeriod: f.grace,
	}, at, nil
}

// An empty list would make the bus dial the public bootstrap peers of IPFS. A list without one valid address leaves it
// with none, after a line in its log.
func (f *Flags) bootstrapPeers() []string {
	if peers := list(f.bootstrap); len(peers) > 0 {
		return peers
	}
	return []string{"none"}
}

// The bus announces what it is told to announce, so its port must be known before it listens.
func (f *Flags) freePort() (int, error) {
	if f.port != 0 {
		return f.port, nil
	}
	l, err := net.Listen("tcp", f.ip+":0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (f *Flags) loadKey() (crypto.PrivKey, error) {
	if f.key == "" {
		return msgbus.GeneratePrivateKey()
	}
	text, err := os.ReadFile(f.key)
	if err == nil {
		return msgbus.PrivateKeyFromHex(strings.TrimSpace(string(text)))
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	key, err := msgbus.GeneratePrivateKey()
	if err != nil {
		return nil, err
	}
	hex, err := msgbus.PrivateKeyToHex(key)
	if err != nil {
		return nil, err
	}
	return key, os.WriteFile(f.key, []byte(hex), 0o600)
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// logger tells the test what the bus logs.
type logger struct{}

func log(level, format string, v []any) {
	driver.Say(driver.Answer{"event": "log", "level": level, "text": fmt.Sprintf(format, v...)})
}

func (logger) Debugf(format string, v ...any) { log("debug", format, v) }
func (logger) Infof(format string, v ...any)  { log("info", format, v) }
func (logger) Warnf(format string, v ...any)  { log("warn", format, v) }
func (logger) Errorf(format string, v ...any) { log("error", format, v) }

// Peers is the answer to `peers`.
func Peers(peers []msgbus.PeerInfo) driver.Answer {
	found := []driver.Answer{}
	for _, p := range peers {
		found = append(found, driver.Answer{"peer_id": p.ID, "name": p.Name, "addresses": p.Addrs})
	}
	return driver.Answer{"peers": found}
}
