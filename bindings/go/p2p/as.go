package p2p

import (
	"context"
	"time"
)

// MessageShape is any package's Message with the fields of ours.
type MessageShape interface {
	~struct {
		Topic     string
		From      string
		FromID    string
		Data      []byte
		Timestamp time.Time
	}
}

// PeerShape is any package's PeerInfo with the fields of ours.
type PeerShape interface {
	~struct {
		ID    string
		Name  string
		Addrs []string
	}
}

// Typed is a Client in another package's types.
type Typed[M MessageShape, P PeerShape] struct{ client Client }

// As makes a Client that code written for another package's interface of the same shape takes. Both remain the same
// client. With the types of go-p2p-message-bus,
//
//	p2p.As[msgbus.Message, msgbus.PeerInfo](client)
//
// is a msgbus.Client, for code that is given one.
func As[M MessageShape, P PeerShape](client Client) *Typed[M, P] { return &Typed[M, P]{client} }

// Subscribe is Client's. One more goroutine, which ends with the client, hands the messages on.
func (t *Typed[M, P]) Subscribe(topic string) <-chan M {
	in, out := t.client.Subscribe(topic), make(chan M)
	done := doneOf(t.client)
	go func() {
		defer close(out)
		for m := range in {
			select {
			case out <- M(m):
			case <-done:
				return
			}
		}
	}()
	return out
}

// Publish is Client's.
func (t *Typed[M, P]) Publish(ctx context.Context, topic string, data []byte) error {
	return t.client.Publish(ctx, topic, data)
}

// GetPeers is Client's.
func (t *Typed[M, P]) GetPeers() []P {
	found := t.client.GetPeers()
	peers := make([]P, len(found))
	for i, p := range found {
		peers[i] = P(p)
	}
	return peers
}

// GetID is Client's.
func (t *Typed[M, P]) GetID() string { return t.client.GetID() }

// Connect is Client's.
func (t *Typed[M, P]) Connect(ctx context.Context, peerMultiaddr string) error {
	return t.client.Connect(ctx, peerMultiaddr)
}

// Close is Client's.
func (t *Typed[M, P]) Close() error { return t.client.Close() }

// doneOf is closed once nobody can expect to be read any more; nil, for ever open, for clients that are not ours.
func doneOf(client Client) <-chan struct{} {
	if c, ok := client.(*Conn); ok {
		return c.over
	}
	return nil
}
