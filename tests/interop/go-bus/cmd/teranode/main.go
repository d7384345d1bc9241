// Command teranode is go-teranode-p2p-client as its users run it, driven by a test. It subscribes to the four topics of
// its network. Events: ready, log, and block, subtree, rejected_tx, node_status with the typed message.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"strings"

	teranode "github.com/bsv-blockchain/go-teranode-p2p-client"

	"peerline.test/bus/busconfig"
	"peerline.test/bus/driver"
)

func main() {
	flags := busconfig.Define()
	network := flag.String("network", "main", "main, test, stn, teratest or regtest")
	storage := flag.String("storage", "", "directory for its key and its peer cache")
	flag.Parse()
	bus, at, err := flags.Config()
	if err != nil {
		driver.Fail(err)
	}
	slog.SetDefault(slog.New(handler{}))
	bus.PrivateKey = nil // it makes and keeps its own
	config := teranode.Config{Network: *network, StoragePath: *storage, MsgBus: bus}
	client, err := config.Initialize(context.Background(), bus.Name)
	if err != nil {
		driver.Fail(err)
	}
	subscribe(client)
	driver.Say(driver.Answer{"event": "ready", "peer_id": client.GetID(), "listen": []string{at + "/p2p/" + client.GetID()}})
	driver.Serve(map[string]driver.Command{
		"peers": func(context.Context, driver.Request) (driver.Answer, error) {
			return busconfig.Peers(client.GetPeers()), nil
		},
	})
	_ = client.Close()
}

func subscribe(client *teranode.Client) {
	ctx := context.Background()
	go tell("block", client.SubscribeBlocks(ctx))
	go tell("subtree", client.SubscribeSubtrees(ctx))
	go tell("rejected_tx", client.SubscribeRejectedTxs(ctx))
	go tell("node_status", client.SubscribeNodeStatus(ctx))
}

func tell[T any](event string, messages <-chan T) {
	for m := range messages {
		driver.Say(driver.Answer{"event": event, "message": m})
	}
}

// handler tells the test what the client itself logs: a message that is not what its topic promises.
type handler struct{}

func (handler) Enabled(context.Context, slog.Level) bool { return true }
func (h handler) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h handler) WithGroup(string) slog.Handler          { return h }

func (handler) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	driver.Say(driver.Answer{"event": "log", "level": strings.ToLower(r.Level.String()), "text": text})
	return nil
}
