// Command chaintracks is go-chaintracks' chain manager as its own server runs it, driven by a test. It makes its client
// the way its users do; that a peerline is behind it only go.mod says. Events: ready, and tip for every new one.
package main

import (
	"context"
	"flag"

	"github.com/bsv-blockchain/go-chaintracks/chainmanager"
	"github.com/bsv-blockchain/go-chaintracks/chaintracks"
	msgbus "github.com/bsv-blockchain/go-p2p-message-bus"
	teranode "github.com/bsv-blockchain/go-teranode-p2p-client"

	"peerline.test/bus/driver"
)

func main() {
	name := flag.String("name", "chaintracks", "name in envelopes")
	network := flag.String("network", "main", "main or test")
	storage := flag.String("storage", "", "directory for its key and its headers")
	bootstrap := flag.String("bootstrap", "", "an address")
	flag.Parse()
	ctx := context.Background()
	config := teranode.Config{
		Network: *network, StoragePath: *storage, MsgBus: msgbus.Config{BootstrapPeers: []string{*bootstrap}},
	}
	client, err := config.Initialize(ctx, *name)
	if err != nil {
		driver.Fail(err)
	}
	manager, err := chainmanager.New(ctx, *network, *storage, client, "", "")
	if err != nil {
		driver.Fail(err)
	}
	go tell(manager.Subscribe(ctx))
	driver.Say(driver.Answer{"event": "ready", "peer_id": client.GetID(), "listen": []string{}})
	driver.Serve(map[string]driver.Command{
		"tip": func(ctx context.Context, _ driver.Request) (driver.Answer, error) {
			return answer(manager.GetTip(ctx)), nil
		},
		"peers": func(context.Context, driver.Request) (driver.Answer, error) {
			return driver.Answer{"peers": client.GetPeers()}, nil
		},
	})
	_ = client.Close()
}

func tell(tips <-chan *chaintracks.BlockHeader) {
	for tip := range tips {
		said := answer(tip)
		said["event"] = "tip"
		driver.Say(said)
	}
}

func answer(tip *chaintracks.BlockHeader) driver.Answer {
	return driver.Answer{"height": tip.Height, "hash": tip.Hash.String()}
}
