package main

import (
	"context"
	"errors"
	"strconv"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
)

// How many messages the local subscriber may be behind: it only counts, and is never so slow.
const subscriberBuffer = 4096

// relay is a host with gossipsub as it comes, one topic joined and one local subscriber that looks at nothing. D raises
// the degree of the mesh, for the row in which every peer is in it.
func relay(ctx context.Context, a []string) (line, error) {
	if len(a) != 2 {
		return nil, errors.New("expected TOPIC D")
	}
	d, err := strconv.Atoi(a[1])
	if err != nil {
		return nil, err
	}
	h, err := listening()
	if err != nil {
		return nil, err
	}
	defer h.Close()
	gossip, err := pubsub.NewGossipSub(ctx, h, pubsub.WithGossipSubParams(degree(d)))
	if err != nil {
		return nil, err
	}
	topic, err := gossip.Join(a[0])
	if err != nil {
		return nil, err
	}
	subscription, err := topic.Subscribe(pubsub.WithBufferSize(subscriberBuffer))
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			if _, err := subscription.Next(ctx); err != nil {
				return
			}
		}
	}()
	ready(h)
	untilInputCloses(ctx)
	return nil, nil
}

func degree(d int) pubsub.GossipSubParams {
	params := pubsub.DefaultGossipSubParams()
	if d > 0 {
		params.D, params.Dlo, params.Dscore, params.Dhi = d, d/2, d/2, 2*d
	}
	return params
}
