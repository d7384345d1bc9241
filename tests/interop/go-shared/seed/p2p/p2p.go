// Package p2p is Arcade's package of that name, after its migration: its configuration and its manager are the
// binding's, and NewSubscriber is its own. That one stands in for Arcade's, which the proxy of Go modules does not serve
// everywhere: it listens to the same topics and keeps what it hears.
package p2p

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	shared "github.com/peerline/peerline/bindings/go/p2p"
)

// What migrating is.
type (
	Config           = shared.Config
	SharedP2PManager = shared.SharedP2PManager
)

// NewSharedP2PManager is the binding's.
var NewSharedP2PManager = shared.NewSharedP2PManager

// StatusStore hears how transactions are.
type StatusStore interface{ UpdateStatus(txid, status string) }

// NetworkStore hears of blocks.
type NetworkStore interface {
	UpdateNetworkState(height uint32, hash string)
}

// EventPublisher hears of everything that was stored.
type EventPublisher interface{ Publish(what string) }

// Subscriber listens to the topics that Arcade listens to.
type Subscriber struct {
	config  *Config
	client  shared.Client
	status  StatusStore
	network NetworkStore
	events  EventPublisher
	logger  *slog.Logger
}

// NewSubscriber takes a client that it shares with others.
func NewSubscriber(
	_ context.Context, config *Config, status StatusStore, network NetworkStore, events EventPublisher, logger *slog.Logger,
	client shared.Client,
) (*Subscriber, error) {
	if config == nil || status == nil || network == nil || events == nil || client == nil {
		return nil, errors.New("a subscriber needs all of it")
	}
	return &Subscriber{config, client, status, network, events, logger}, nil
}

// Start listens until the client is closed.
func (s *Subscriber) Start(context.Context) {
	prefix := "teranode/bitcoin/1.0.0/" + s.config.TopicPrefix
	go s.listen(prefix+"-block", func(m message) { s.network.UpdateNetworkState(m.Height, m.Hash) })
	go s.listen(prefix+"-subtree", func(m message) { s.status.UpdateStatus(m.Hash, "SEEN_ON_NETWORK") })
	go s.listen(prefix+"-rejected-tx", func(m message) { s.status.UpdateStatus(m.TxID, "REJECTED") })
}

type message struct {
	Hash, TxID string
	Height     uint32
}

func (s *Subscriber) listen(topic string, store func(message)) {
	for one := range s.client.Subscribe(topic) {
		var m message
		if err := json.Unmarshal(one.Data, &m); err != nil {
			s.logger.Error("no message of this topic", slog.String("topic", topic), slog.Any("error", err))
			continue
		}
		store(m)
		s.events.Publish(topic)
	}
}
