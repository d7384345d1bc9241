// Command blocks prints the block announcements of a network that a peerline on this host shares: blocks [NETWORK]
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/peerline/peerline/bindings/go/p2p"
)

func main() {
	network := append(os.Args, "mainnet")[1]
	missed := func(g p2p.Gap) { fmt.Println("missed", g.Count) }
	manager, err := p2p.NewSharedP2PManager(&p2p.Config{ProcessName: "blocks", TopicPrefix: network, OnGap: missed}, nil)
	if err == nil {
		err = manager.Start(context.Background())
	}
	if err != nil {
		log.Fatal(err)
	}
	for m := range manager.GetClient().Subscribe("block") {
		fmt.Println(m.From, m.FromID, string(m.Data))
	}
}
