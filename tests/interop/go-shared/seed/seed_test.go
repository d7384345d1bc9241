// Package seed holds the usage example of the document that the shared connection began with, as a test: between the two
// lines it is the document's, but for its bootstrap peer, which was one of another network and far away.
package seed

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"peerline.test/shared/seed/chaintracks"
	"peerline.test/shared/seed/p2p"
)

// store counts what Arcade would write down.
type store struct {
	mu    sync.Mutex
	count map[string]int
}

func (s *store) add(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count[what]++
}

func (s *store) has(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[what] > 0
}

func (s *store) UpdateStatus(_, status string)            { s.add(status) }
func (s *store) UpdateNetworkState(_ uint32, hash string) { s.add("block") }
func (s *store) Publish(topic string)                     { s.add(topic[strings.LastIndex(topic, "-"):]) }

func TestTheUsageExample(t *testing.T) {
	bootstrap := os.Getenv("SEED_BOOTSTRAP")
	if bootstrap == "" {
		t.Skip("SEED_BOOTSTRAP names no peer that speaks")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	stored := &store{count: map[string]int{}}
	statusStore, networkStore, eventPublisher := stored, stored, stored
	// ---------------------------------------------------------------------------------------------------------------
	// Create shared P2P manager
	p2pConfig := &p2p.Config{
		ProcessName:    "shared-node",
		BootstrapPeers: []string{bootstrap},
		TopicPrefix:    "mainnet",
	}

	sharedP2P, err := p2p.NewSharedP2PManager(p2pConfig, logger)
	if err != nil {
		t.Fatal(err)
	}

	// Start shared connection
	err = sharedP2P.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}

	// Initialize ChainTracks with shared connection
	chaintracksManager, err := chaintracks.NewChainManager(ctx, "mainnet", "./chaintracks_data", sharedP2P.GetClient())
	if err != nil {
		t.Fatal(err)
	}

	// Initialize Arcade with shared connection
	arcadeSubscriber, err := p2p.NewSubscriber(
		ctx,
		p2pConfig,
		statusStore,
		networkStore,
		eventPublisher,
		logger,
		sharedP2P.GetClient(), // Pass shared client
	)
	// ---------------------------------------------------------------------------------------------------------------
	if err != nil {
		t.Fatal(err)
	}
	arcadeSubscriber.Start(ctx)
	blocks, err := sharedP2P.Subscribe("chaintracks", "block")
	if err != nil {
		t.Fatal(err)
	}
	arrived := func() bool {
		return chaintracksManager.GetHeight(ctx) > 0 && stored.has("block") && stored.has("SEEN_ON_NETWORK") && stored.has("REJECTED")
	}
	for !arrived() {
		select {
		case <-ctx.Done():
			t.Fatalf("chaintracks at %d, arcade %v", chaintracksManager.GetHeight(ctx), stored.count)
		case <-time.After(20 * time.Millisecond):
		}
	}
	select {
	case m := <-blocks:
		if m.Topic != "block" || m.FromID == "" || m.FromID == sharedP2P.GetPeerID() {
			t.Errorf("%+v", m)
		}
	case <-ctx.Done():
		t.Fatal("nothing for a consumer that registered with the manager")
	}
	sharedP2P.Unsubscribe("chaintracks")
	for range blocks {
	}
	h, err := sharedP2P.Health(ctx)
	if err != nil || !h.Attached || h.Links != 1 || h.Missed != 0 {
		t.Errorf("%+v, %v", h, err)
	}
	if err := sharedP2P.Stop(); err != nil {
		t.Error(err)
	}
}
