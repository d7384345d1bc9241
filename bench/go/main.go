// Command go is the go-libp2p end of every benchmark row: Noise, Yamux, identify, ping and perf, on loopback. It proves
// nothing by itself; it is what our figures are held against, measured in the same run. The host is the one Teranode
// runs (TCP only, everything else default) but for the security, which is Noise so that both ends do the same work, and
// for the limits, which a benchmark from one address would hit.
//
//	serve                       one line {"listen","pid"}, then serves until standard input closes or SIGTERM
//	perf-up ADDR BYTES RUNS     uploads, one stream per run on one connection
//	perf-down ADDR BYTES RUNS   downloads
//	ping ADDR COUNT             round trips on one kept stream
//	connect ADDR COUNT          dial + identify, then close, one after another
//	links N ADDR                N connections from N peer ids, held until standard input closes or SIGTERM
//	relay TOPIC D               as serve, with gossip: subscribed to the topic, with a mesh of about D peers (0: default)
//
// Every command prints one JSON line, with the fields that bench/js prints.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/libp2p/go-libp2p"
	coreconnmgr "github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"

	"peerline.test/interop/perf"
)

const (
	parallelDials = 8
	manyLinks     = 10_000
	warmUp        = 1000 // round trips before those that count
)

type line map[string]any

var commands = map[string]struct {
	usage string
	run   func(ctx context.Context, a []string) (line, error)
}{
	"serve":     {"", serve},
	"perf-up":   {"ADDR BYTES RUNS", func(ctx context.Context, a []string) (line, error) { return throughput(ctx, a, true) }},
	"perf-down": {"ADDR BYTES RUNS", func(ctx context.Context, a []string) (line, error) { return throughput(ctx, a, false) }},
	"ping":      {"ADDR COUNT", roundTrips},
	"connect":   {"ADDR COUNT", connects},
	"links":     {"N ADDR", links},
	"relay":     {"TOPIC D", relay},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	arguments := append(os.Args[1:], "")
	command, known := commands[arguments[0]]
	if !known {
		for name, c := range commands {
			fmt.Fprintln(os.Stderr, "usage:", name, c.usage)
		}
		os.Exit(1)
	}
	result, err := command.run(ctx, arguments[1:len(arguments)-1])
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", arguments[0], err)
		os.Exit(1)
	}
	if result != nil {
		say(result)
	}
}

func say(l line) { _ = json.NewEncoder(os.Stdout).Encode(l) }

// untilInputCloses holds what a command has built until whoever started it is done.
func untilInputCloses(ctx context.Context) {
	closed := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(closed)
	}()
	select {
	case <-closed:
	case <-ctx.Done():
	}
}

func common() []libp2p.Option {
	return []libp2p.Option{
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.ResourceManager(&network.NullResourceManager{}),
	}
}

func serve(ctx context.Context, _ []string) (line, error) {
	h, err := listening()
	if err != nil {
		return nil, err
	}
	defer h.Close()
	perf.Serve(h)
	ready(h)
	untilInputCloses(ctx)
	return nil, nil
}

func listening() (host.Host, error) {
	manager, err := connmgr.NewConnManager(manyLinks, manyLinks)
	if err != nil {
		return nil, err
	}
	return libp2p.New(append(common(), libp2p.ConnectionManager(manager), libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"))...)
}

func ready(h host.Host) {
	for _, address := range h.Network().ListenAddresses() {
		if _, err := address.ValueForProtocol(multiaddr.P_TCP); err == nil {
			say(line{"listen": fmt.Sprintf("%s/p2p/%s", address, h.ID()), "pid": os.Getpid()})
		}
	}
}

// dialer makes a host that only dials, and reads the address it is to dial.
func dialer(address string) (host.Host, *peer.AddrInfo, error) {
	to, err := peer.AddrInfoFromString(address)
	if err != nil {
		return nil, nil, err
	}
	h, err := libp2p.New(append(common(), libp2p.NoListenAddrs)...)
	return h, to, err
}

func numbers(a []string, want int) ([]uint64, error) {
	if len(a) != want {
		return nil, fmt.Errorf("expected %d arguments, got %d", want, len(a))
	}
	list := []uint64{}
	for _, text := range a {
		if n, err := strconv.ParseUint(text, 10, 64); err == nil && n > 0 {
			list = append(list, n)
		}
	}
	return list, nil
}

func throughput(ctx context.Context, a []string, up bool) (line, error) {
	n, err := numbers(a, 3)
	if err != nil || len(n) != 2 {
		return nil, errors.Join(err, errors.New("expected ADDR BYTES RUNS"))
	}
	h, to, err := dialer(a[0])
	if err != nil {
		return nil, err
	}
	defer h.Close()
	if err := h.Connect(ctx, *to); err != nil {
		return nil, err
	}
	figures := []uint64{}
	for range n[1] {
		begin := time.Now()
		upload, download := n[0], uint64(0)
		if !up {
			upload, download = download, upload
		}
		if _, err := perf.Run(ctx, h, to.ID, upload, download); err != nil {
			return nil, err
		}
		figures = append(figures, uint64(float64(n[0])/time.Since(begin).Seconds()))
	}
	return line{"bytes": n[0], "bytes_per_second": figures, "median": quantile(figures, 0.5)}, nil
}

func quantile[T uint64 | float64](values []T, part float64) T {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}

func roundTrips(ctx context.Context, a []string) (line, error) {
	n, err := numbers(a, 2)
	if err != nil || len(n) != 1 {
		return nil, errors.Join(err, errors.New("expected ADDR COUNT"))
	}
	h, to, err := dialer(a[0])
	if err != nil {
		return nil, err
	}
	defer h.Close()
	if err := h.Connect(ctx, *to); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	times := []float64{}
	for res := range ping.Ping(ctx, h, to.ID) {
		if res.Error != nil {
			return nil, res.Error
		}
		times = append(times, float64(res.RTT.Nanoseconds())/1e3)
		if uint64(len(times)) == warmUp+n[0] {
			break
		}
	}
	times = times[warmUp:]
	return line{"how": "kept stream", "count": len(times), "median_us": quantile(times, 0.5), "p99_us": quantile(times, 0.99)}, nil
}

// connects dials, waits for identify (Connect returns when it is done), closes, and dials again once the link is gone.
func connects(ctx context.Context, a []string) (line, error) {
	n, err := numbers(a, 2)
	if err != nil || len(n) != 1 {
		return nil, errors.Join(err, errors.New("expected ADDR COUNT"))
	}
	h, to, err := dialer(a[0])
	if err != nil {
		return nil, err
	}
	defer h.Close()
	begin := time.Now()
	for range n[0] {
		if err := h.Connect(ctx, *to); err != nil {
			return nil, err
		}
		if err := h.Network().ClosePeer(to.ID); err != nil {
			return nil, err
		}
	}
	spent := time.Since(begin).Seconds()
	return line{"count": n[0], "seconds": spent, "connects_per_second": float64(n[0]) / spent}, nil
}

func links(ctx context.Context, a []string) (line, error) {
	if len(a) != 2 {
		return nil, errors.New("expected N ADDR")
	}
	count, err := strconv.Atoi(a[0])
	if err != nil {
		return nil, err
	}
	hosts, failures := make([]host.Host, count), make([]error, count)
	places := make(chan struct{}, parallelDials)
	var all sync.WaitGroup
	for i := range count {
		places <- struct{}{}
		all.Go(func() {
			hosts[i], failures[i] = oneLink(ctx, a[1])
			<-places
		})
	}
	all.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	held := 0
	for _, h := range hosts {
		held += len(h.Network().Conns())
	}
	say(line{"links": held})
	untilInputCloses(ctx)
	return nil, nil
}

// oneLink is a host of its own, as small as go-libp2p lets it be, with one link.
func oneLink(ctx context.Context, address string) (host.Host, error) {
	to, err := peer.AddrInfoFromString(address)
	if err != nil {
		return nil, err
	}
	h, err := libp2p.New(append(common(), libp2p.NoListenAddrs, libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.ConnectionManager(coreconnmgr.NullConnMgr{}))...)
	if err != nil {
		return nil, err
	}
	return h, h.Connect(ctx, *to)
}
