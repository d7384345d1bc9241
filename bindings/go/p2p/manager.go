package p2p

import (
	"context"
	"errors"
	"log/slog"
	"sync"
)

// Errors of the manager, for errors.Is.
var (
	ErrNotStarted     = errors.New("the P2P manager is not started")
	ErrAlreadyStarted = errors.New("the P2P manager is started already")
)

// Config says who attaches, where, and what is meant. The zero value of all but ProcessName is fine.
type Config struct {
	ProcessName    string   // consumer id of the manager's own client, and the name in the envelopes of what is published
	TopicPrefix    string   // the network, such as "mainnet": "block" is then teranode/bitcoin/1.0.0/mainnet-block
	BootstrapPeers []string // peers that the node is asked to keep a link to, besides its own

	// The node has these; they are taken so that configurations written for the message bus still are ones.
	Port          int
	PrivateKey    string
	PeerCacheFile string

	// Where the node is. Without an address: $PEERLINE_URL, else what the node that runs on DataDir says in its run.json;
	// without a DataDir: $PEERLINE_DATA, else where `peerline run` has it by default.
	Address string // unix:/path, /path, HOST:PORT or nats://TOKEN@HOST:PORT
	Token   string // else $PEERLINE_TOKEN; not needed by the node's own user on its Unix socket
	DataDir string

	// OnGap hears of everything that a channel missed, before the channel's next message. It must not wait for that
	// channel to be closed. Gaps are logged and counted in any case.
	OnGap func(Gap)
}

// SharedP2PManager lets the services of one process share the node with each other and with other processes. Each is a
// consumer with an id of its own, so that the node accounts for it by itself and a slow one costs the others nothing.
type SharedP2PManager struct {
	config Config
	log    *slog.Logger

	attaching sync.Mutex // held while one attaches, which may take its time; never waited for with `mu`

	mu        sync.Mutex
	own       *Conn // nil unless started
	consumers map[string]*Conn
	life      context.Context // from Start to Stop
	end       context.CancelFunc
}

// NewSharedP2PManager makes a manager that is not started yet. A nil logger is slog.Default().
func NewSharedP2PManager(config *Config, logger *slog.Logger) (*SharedP2PManager, error) {
	if config == nil {
		return nil, errors.New("config is nil")
	}
	if logger == nil {
		logger = slog.Default()
	}
	return &SharedP2PManager{config: *config, log: logger, consumers: map[string]*Conn{}}, nil
}

// Start attaches to the node. It waits for the node until the context ends, or ten seconds where the context has no end.
// The context is for Start alone: Stop ends what Start began.
func (m *SharedP2PManager) Start(ctx context.Context) error {
	m.attaching.Lock()
	defer m.attaching.Unlock()
	if m.GetClient() != nil {
		return ErrAlreadyStarted
	}
	own, err := Attach(ctx, &m.config, m.log)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.own = own
	m.life, m.end = context.WithCancel(context.Background())
	m.log.Info("shared P2P manager attached", slog.String("consumer", m.config.ProcessName))
	return nil
}

// Stop detaches all consumers. What has come already may be read for two seconds; then all channels are closed. The node
// and its links stay. A manager that was stopped may be started again.
func (m *SharedP2PManager) Stop() error {
	m.mu.Lock()
	all := make([]*Conn, 0, len(m.consumers)+1)
	if m.own != nil {
		m.end()
		all = append(all, m.own)
	}
	for _, c := range m.consumers {
		all = append(all, c)
	}
	m.own, m.consumers = nil, map[string]*Conn{}
	m.mu.Unlock()
	var ended sync.WaitGroup
	for _, c := range all {
		ended.Add(1)
		go func(c *Conn) {
			defer ended.Done()
			_ = c.Close()
		}(c)
	}
	ended.Wait()
	return nil
}

// GetClient returns the client that all services may share, or nil before Start. Its consumer id is ProcessName.
func (m *SharedP2PManager) GetClient() Client {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.own == nil {
		return nil
	}
	return m.own
}

// GetPeerID returns the node's peer id, or "" before Start.
func (m *SharedP2PManager) GetPeerID() string {
	if client := m.GetClient(); client != nil {
		return client.GetID()
	}
	return ""
}

// Consumer returns the client of a consumer with an id of its own, such as "chaintracks"; it is registered when it is
// not yet.
func (m *SharedP2PManager) Consumer(consumerID string) (*Conn, error) {
	m.attaching.Lock()
	defer m.attaching.Unlock()
	c, life, err := m.registered(consumerID)
	if c != nil || err != nil {
		return c, err
	}
	config := m.config
	config.BootstrapPeers = nil
	c, err = AttachAs(life, &config, consumerID, m.log)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if life.Err() != nil {
		go func() { _ = c.Close() }()
		return nil, ErrNotStarted
	}
	m.consumers[consumerID] = c
	return c, nil
}

// registered is the consumer's client, if it has one, and until when there may be one.
func (m *SharedP2PManager) registered(consumerID string) (*Conn, context.Context, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.own == nil:
		return nil, nil, ErrNotStarted
	case consumerID == m.config.ProcessName:
		return m.own, m.life, nil
	}
	return m.consumers[consumerID], m.life, nil
}

// Subscribe registers the consumer, when it is not registered yet, and returns a channel with what is said on the topic.
func (m *SharedP2PManager) Subscribe(consumerID, topic string) (<-chan Message, error) {
	c, err := m.Consumer(consumerID)
	if err != nil {
		return nil, err
	}
	return c.subscribe(context.Background(), topic, "")
}

// SubscribeGroup is Subscribe for a consumer that shares the topic's messages with the other members of a group.
func (m *SharedP2PManager) SubscribeGroup(consumerID, topic, group string) (<-chan Message, error) {
	c, err := m.Consumer(consumerID)
	if err != nil {
		return nil, err
	}
	return c.SubscribeGroup(context.Background(), topic, group)
}

// UnsubscribeTopic closes the consumer's channels of one topic.
func (m *SharedP2PManager) UnsubscribeTopic(consumerID, topic string) {
	if c, _, _ := m.registered(consumerID); c != nil {
		c.UnsubscribeTopic(topic)
	}
}

// Unsubscribe takes a consumer off the manager and closes all its channels, after what has come already was read or two
// seconds have passed. Of the manager's own client only the channels are closed.
func (m *SharedP2PManager) Unsubscribe(consumerID string) {
	m.mu.Lock()
	c, own := m.consumers[consumerID], m.own
	delete(m.consumers, consumerID)
	m.mu.Unlock()
	switch {
	case c != nil:
		_ = c.Close()
	case own != nil && consumerID == m.config.ProcessName:
		own.unsubscribe(func(*reader) bool { return true })
	}
}
