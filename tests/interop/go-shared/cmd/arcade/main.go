// Command arcade listens as Arcade does, through go-teranode-p2p-client, driven by a test. Arcade itself is a module
// that the proxy of Go modules does not serve everywhere; this is the part of it that meets the network. Events: ready,
// and block, subtree and rejected_tx with the typed message.
package main

import (
	"context"
	"flag"

	msgbus "github.com/bsv-blockchain/go-p2p-message-bus"
	teranode "github.com/bsv-blockchain/go-teranode-p2p-client"

	"peerline.test/bus/driver"
)

func main() {
	name := flag.String("name", "arcade", "name in envelopes")
	network := flag.String("network", "main", "main, test, stn, teratest or regtest")
	storage := flag.String("storage", "", "directory for its key")
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
	go tell("block", client.SubscribeBlocks(ctx))
	go tell("subtree", client.SubscribeSubtrees(ctx))
	go tell("rejected_tx", client.SubscribeRejectedTxs(ctx))
	driver.Say(driver.Answer{"event": "ready", "peer_id": client.GetID(), "listen": []string{}})
	driver.Serve(map[string]driver.Command{
		"peers": func(context.Context, driver.Request) (driver.Answer, error) {
			return driver.Answer{"peers": client.GetPeers()}, nil
		},
	})
	_ = client.Close()
}

func tell[T any](event string, messages <-chan T) {
	for m := range messages {
		driver.Say(driver.Answer{"event": event, "message": m})
	}
}
