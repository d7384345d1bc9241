// Command crowd is many libp2p nodes in one program that all link to one address and want nothing: what fills a
// connection manager. Event `ready` when all have linked; `left` says how many links are still there.
package main

import (
	"context"
	"flag"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"

	"peerline.test/bus/driver"
)

func main() {
	n := flag.Int("n", 40, "how many")
	to := flag.String("to", "", "multiaddr with /p2p")
	flag.Parse()
	target, err := peer.AddrInfoFromString(*to)
	if err != nil {
		driver.Fail(err)
	}
	var crowd []host.Host
	for i := 0; i < *n; i++ {
		h, err := libp2p.New(libp2p.NoListenAddrs, libp2p.Transport(tcp.NewTCPTransport), libp2p.DisableMetrics())
		if err != nil {
			driver.Fail(err)
		}
		defer h.Close()
		if err := h.Connect(context.Background(), *target); err != nil {
			driver.Fail(err)
		}
		crowd = append(crowd, h)
	}
	driver.Say(driver.Answer{"event": "ready"})
	driver.Serve(map[string]driver.Command{
		"left": func(context.Context, driver.Request) (driver.Answer, error) {
			left := 0
			for _, h := range crowd {
				left += len(h.Network().ConnsToPeer(target.ID))
			}
			return driver.Answer{"left": left}, nil
		},
	})
}
