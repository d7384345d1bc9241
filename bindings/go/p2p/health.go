package p2p

import (
	"context"
	"fmt"
)

// Health is how the shared line is.
type Health struct {
	Attached bool          // to the node
	PeerID   string        // of the node
	Links    int           // to peers, of all consumers together
	Topics   []TopicHealth // that anybody on this node wants
	Problems []string      // what is wrong now, in words
	Gaps     uint64        // holes that this client was told of
	Missed   uint64        // messages in them, where that is known
}

// TopicHealth is how a topic is: `ok`, `starting`, `no_peers`, `no_mesh` or `silent`.
type TopicHealth struct {
	Topic  string `json:"topic"`
	Health string `json:"health"`
	Mesh   int    `json:"mesh"`
}

// Health asks the node how the shared line is. Where there is no connection it says so, without an error: that is an
// answer. An error means that the node does not tell this consumer.
func (c *Conn) Health(ctx context.Context) (Health, error) {
	c.mu.Lock()
	h := Health{Attached: c.nats != nil, Gaps: c.gaps, Missed: c.missed}
	c.mu.Unlock()
	if !h.Attached {
		h.Problems = []string{"no connection to the node"}
		return h, nil
	}
	var status struct {
		PeerID   string        `json:"peer_id"`
		Links    int           `json:"links"`
		Topics   []TopicHealth `json:"topics"`
		Problems []string      `json:"problems"`
	}
	if err := c.Call(ctx, "STATUS", struct{}{}, &status); err != nil {
		return h, fmt.Errorf("health: %w", err)
	}
	h.PeerID, h.Links, h.Topics, h.Problems = status.PeerID, status.Links, status.Topics, status.Problems
	return h, nil
}

// Health is that of the manager's own client, with the gaps of all its consumers.
func (m *SharedP2PManager) Health(ctx context.Context) (Health, error) {
	m.mu.Lock()
	own := m.own
	consumers := make([]*Conn, 0, len(m.consumers))
	for _, c := range m.consumers {
		consumers = append(consumers, c)
	}
	m.mu.Unlock()
	if own == nil {
		return Health{}, ErrNotStarted
	}
	h, err := own.Health(ctx)
	for _, c := range consumers {
		c.mu.Lock()
		h.Gaps += c.gaps
		h.Missed += c.missed
		c.mu.Unlock()
	}
	return h, err
}
