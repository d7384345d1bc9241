// Package chaintracks has the constructor of go-chaintracks' first version, which took a message bus's client and which
// the proxy of Go modules does not serve everywhere. The real one, of the version that is served, is in cmd/chaintracks.
package chaintracks

import (
	"context"
	"encoding/json"
	"sync"

	p2p "github.com/bsv-blockchain/go-p2p-message-bus"
)

// ChainManager knows the highest block that was announced.
type ChainManager struct {
	mu     sync.Mutex
	height uint32
}

// NewChainManager follows the network's block announcements.
func NewChainManager(ctx context.Context, network, _ string, client p2p.Client) (*ChainManager, error) {
	c := &ChainManager{}
	blocks := client.Subscribe("teranode/bitcoin/1.0.0/" + network + "-block")
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case block, open := <-blocks:
				if !open {
					return
				}
				c.on(block.Data)
			}
		}
	}()
	return c, nil
}

func (c *ChainManager) on(data []byte) {
	var block struct{ Height uint32 }
	if json.Unmarshal(data, &block) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.height = max(c.height, block.Height)
}

// GetHeight is the height of the highest block; 0: none was announced.
func (c *ChainManager) GetHeight(context.Context) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.height
}
