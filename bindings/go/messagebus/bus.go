// Package p2p has the names of go-p2p-message-bus v0.1.22, and a peerline behind them: programs that make their own
// message bus, and libraries that make one for them, share the host's one line to the network without a changed line of
// their own. See the README of bindings/go for the line in go.mod that puts it in its place.
//
// A configuration is taken as it is. What the node has (port, private key, peer cache, connection limits) is not used;
// bootstrap and static peers are ones that the node is asked to keep a link to; the name becomes the consumer's id, and
// where another program has that already, name#2 and so on.
package p2p

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"

	shared "github.com/peerline/peerline/bindings/go/p2p"
)

// replicas is how many programs of one name may attach to one node.
const replicas = 64

// The message bus's errors.
var (
	ErrNameRequired       = errors.New("config.Name is required")
	ErrPrivateKeyRequired = errors.New("config.PrivateKey is required")
)

// The message bus's types are the binding's own, so that a client of the one is a client of the other.
type (
	// Client is the client's interface.
	Client = shared.Client
	// P2PClient is Client, by the name that older code uses.
	P2PClient = shared.Client
	// Message is one message of a topic.
	Message = shared.Message
	// PeerInfo tells of a peer that was heard.
	PeerInfo = shared.PeerInfo
)

type logger interface {
	Debugf(format string, v ...any)
	Infof(format string, v ...any)
	Warnf(format string, v ...any)
	Errorf(format string, v ...any)
}

// DefaultLogger writes to the standard log.
type DefaultLogger struct{}

// Debugf writes a line at debug level.
func (*DefaultLogger) Debugf(format string, v ...any) { log.Printf("[DEBUG] "+format, v...) }

// Infof writes a line at info level.
func (*DefaultLogger) Infof(format string, v ...any) { log.Printf("[INFO] "+format, v...) }

// Warnf writes a line at warn level.
func (*DefaultLogger) Warnf(format string, v ...any) { log.Printf("[WARN] "+format, v...) }

// Errorf writes a line at error level.
func (*DefaultLogger) Errorf(format string, v ...any) { log.Printf("[ERROR] "+format, v...) }

// Config is the message bus's. Name, Logger, BootstrapPeers and StaticPeers are used.
type Config struct {
	Name                  string
	Logger                logger
	PrivateKey            crypto.PrivKey
	ProtocolVersion       string
	PeerCacheFile         string
	AnnounceAddrs         []string
	Port                  int
	PeerCacheTTL          time.Duration
	BootstrapPeers        []string
	StaticPeers           []string
	DHTMode               string
	DHTCleanupInterval    time.Duration
	EnableNAT             bool
	EnableMDNS            bool
	AllowPrivateIPs       bool
	MaxConnections        int
	MinConnections        int
	ConnectionGracePeriod time.Duration
}

// NewClient attaches to the node that runs on this host; $PEERLINE_URL, $PEERLINE_TOKEN and $PEERLINE_DATA say where,
// when it is not where `peerline run` has it by default. The node has ten seconds to be there.
func NewClient(config Config) (Client, error) {
	if config.Name == "" {
		return nil, ErrNameRequired
	}
	if config.PrivateKey == nil {
		return nil, ErrPrivateKeyRequired
	}
	if config.Logger == nil {
		config.Logger = &DefaultLogger{}
	}
	wanted := shared.Config{
		ProcessName:    config.Name,
		BootstrapPeers: append(append([]string(nil), config.BootstrapPeers...), config.StaticPeers...),
	}
	for n := 1; ; n++ {
		client, err := shared.AttachAs(context.Background(), &wanted, replica(config.Name, n), slog.New(handler{config.Logger}))
		if err == nil {
			return client, nil
		}
		if n == replicas || !errors.Is(err, shared.ErrHeld) {
			return nil, fmt.Errorf("failed to attach to peerline: %w", err)
		}
	}
}

func replica(name string, n int) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%s#%d", name, n)
}

// GeneratePrivateKey makes a new Ed25519 key. The node has its own; programs make one because a Config must have one.
func GeneratePrivateKey() (crypto.PrivKey, error) {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	return key, err
}

// PrivateKeyToHex writes a key as hexadecimal digits.
func PrivateKeyToHex(priv crypto.PrivKey) (string, error) {
	bytes, err := crypto.MarshalPrivateKey(priv)
	return hex.EncodeToString(bytes), err
}

// PrivateKeyFromHex reads what PrivateKeyToHex wrote.
func PrivateKeyFromHex(keyHex string) (crypto.PrivKey, error) {
	bytes, err := hex.DecodeString(keyHex)
	if err != nil {
		return nil, err
	}
	return crypto.UnmarshalPrivateKey(bytes)
}

// handler hands the binding's log to the bus's logger.
type handler struct{ to logger }

func (handler) Enabled(context.Context, slog.Level) bool { return true }
func (h handler) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h handler) WithGroup(string) slog.Handler          { return h }

func (h handler) Handle(_ context.Context, r slog.Record) error {
	text := "peerline: " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	say := map[slog.Level]func(string, ...any){
		slog.LevelDebug: h.to.Debugf, slog.LevelInfo: h.to.Infof, slog.LevelWarn: h.to.Warnf, slog.LevelError: h.to.Errorf,
	}[r.Level]
	if say != nil {
		say("%s", text)
	}
	return nil
}
