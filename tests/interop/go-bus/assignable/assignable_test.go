// Package assignable proves that a peerline's client is a client of the real message bus.
package assignable

import (
	"context"
	"os"
	"testing"

	msgbus "github.com/bsv-blockchain/go-p2p-message-bus"

	"github.com/peerline/peerline/bindings/go/p2p"
)

// Signature by signature, in the real package's own types.
var (
	_ msgbus.Client    = p2p.As[msgbus.Message, msgbus.PeerInfo](nil)
	_ msgbus.P2PClient = p2p.As[msgbus.Message, msgbus.PeerInfo](&p2p.Conn{})
)

// heard is what code that knows nothing of a peerline does with a client it is given.
func heard(bus msgbus.Client, topic string) (msgbus.Message, error) {
	messages := bus.Subscribe(topic)
	if err := bus.Publish(context.Background(), topic, []byte("not for ourselves")); err != nil {
		return msgbus.Message{}, err
	}
	return <-messages, nil
}

func TestCodeThatIsGivenAMessageBusTakesOurs(t *testing.T) {
	if os.Getenv("PEERLINE_URL") == "" {
		t.Skip("PEERLINE_URL names no node")
	}
	ctx := context.Background()
	listener, err := p2p.Attach(ctx, &p2p.Config{ProcessName: "listener"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	speaker, err := p2p.Attach(ctx, &p2p.Config{ProcessName: "speaker"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer speaker.Close()
	go func() {
		for speaker.Publish(ctx, "demo/news", []byte("hello")) == nil {
		}
	}()
	m, err := heard(p2p.As[msgbus.Message, msgbus.PeerInfo](listener), "demo/news")
	if err != nil || m.From != "speaker" || m.FromID != listener.GetID() || string(m.Data) != "hello" || m.Topic != "demo/news" {
		t.Errorf("%+v, %v", m, err)
	}
}
