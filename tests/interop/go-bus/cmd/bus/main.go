// Command bus is go-p2p-message-bus as its users run it, driven by a test. Events: ready, log, and message for what
// came on a subscribed topic: topic, name (from the envelope), from (the author, by signature), data.
package main

import (
	"context"
	"flag"

	msgbus "github.com/bsv-blockchain/go-p2p-message-bus"

	"peerline.test/bus/busconfig"
	"peerline.test/bus/driver"
)

func main() {
	flags := busconfig.Define()
	flag.Parse()
	config, at, err := flags.Config()
	if err != nil {
		driver.Fail(err)
	}
	bus, err := msgbus.NewClient(config)
	if err != nil {
		driver.Fail(err)
	}
	driver.Say(driver.Answer{"event": "ready", "peer_id": bus.GetID(), "listen": []string{at + "/p2p/" + bus.GetID()}})
	driver.Serve(map[string]driver.Command{
		"subscribe": func(_ context.Context, r driver.Request) (driver.Answer, error) {
			go tell(bus.Subscribe(r.Topic))
			return nil, nil
		},
		"publish": func(ctx context.Context, r driver.Request) (driver.Answer, error) {
			for _, data := range append(r.Many, r.Data) {
				if data == nil {
					continue
				}
				if err := bus.Publish(ctx, r.Topic, data); err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
		"peers": func(context.Context, driver.Request) (driver.Answer, error) {
			return busconfig.Peers(bus.GetPeers()), nil
		},
		"connect": func(ctx context.Context, r driver.Request) (driver.Answer, error) {
			return nil, bus.Connect(ctx, r.Address)
		},
	})
	_ = bus.Close()
}

func tell(messages <-chan msgbus.Message) {
	for m := range messages {
		driver.Say(driver.Answer{"event": "message", "topic": m.Topic, "name": m.From, "from": m.FromID, "data": m.Data})
	}
}
