package p2p

import (
	"context"
	"time"
)

// Client is the interface of go-p2p-message-bus. *Conn is one; As makes it one of another package's types.
type Client interface {
	// Subscribe returns a channel of the topic's messages. It is closed when the client is, or when the node refuses.
	Subscribe(topic string) <-chan Message
	// Publish says something on a topic, in an envelope with the client's name.
	Publish(ctx context.Context, topic string, data []byte) error
	// GetPeers returns whom this client has heard on its topics.
	GetPeers() []PeerInfo
	// GetID returns the peer id under which the network knows the node, and so all its consumers.
	GetID() string
	// Connect has the node connect to a peer, once.
	Connect(ctx context.Context, peerMultiaddr string) error
	// Close detaches and closes all channels. The node and its links stay.
	Close() error
}

// P2PClient is Client, by the name that older code uses.
type P2PClient = Client

// Message is one message of a topic, out of its envelope.
type Message struct {
	Topic     string    // as it was subscribed to
	From      string    // the name in the envelope, which nobody has signed
	FromID    string    // the author's peer id, proven by signature
	Data      []byte    // what the envelope held; channels share it, so it is to be read only
	Timestamp time.Time // when the node received it
}

// PeerInfo tells of a peer that was heard.
type PeerInfo struct {
	ID    string   // peer id
	Name  string   // the name in its latest envelope
	Addrs []string // the remote address of the node's link to it; none: heard through others
}

// Why something is missing.
const (
	// WhySlow: the node held as much for this consumer as it may, because the connection was not read.
	WhySlow = "slow"
	// WhyReader: the channel was not read, and this package held as much for it as it may.
	WhyReader = "reader"
	// WhyRestart: the node restarted; how much was said meanwhile nobody knows.
	WhyRestart = "restart"
	// WhyAway: the connection was lost for a while.
	WhyAway = "away"
)

// Gap tells what a subscription missed. It is told, by Config.OnGap, before the message that follows the hole.
type Gap struct {
	Consumer string // whose subscription
	Topic    string // as it was subscribed to
	Why      string // WhySlow, WhyReader, WhyRestart or WhyAway
	Count    uint64 // messages missed; 0: unknown, and perhaps none
	From, To uint64 // their numbers, contiguous by topic (the header Pl-Seq); 0, 0: unknown
}
