// Streams in every way a go program uses them: kept and short, by the hundred and by the thousand, half-closed before
// the first byte came back, reset, negotiated lazily (protocol known from identify: name and data leave in one flight)
// and eagerly (protocol unknown: wait for the answer, fall back to the next name).
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"

	"peerline.test/interop/perf"
)

func pingPeer(ctx context.Context, n *node, r request) (answer, error) {
	id, err := peer.Decode(r.PeerID)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	times := []float64{}
	for res := range ping.Ping(ctx, n.host, id) {
		if res.Error != nil {
			return answer{"rtt_us": times}, res.Error
		}
		times = append(times, float64(res.RTT.Nanoseconds())/1e3)
		if len(times) >= max(r.Count, 1) {
			return answer{"rtt_us": times}, nil
		}
	}
	return answer{"rtt_us": times}, ctx.Err()
}

func perfPeer(ctx context.Context, n *node, r request) (answer, error) {
	id, err := peer.Decode(r.PeerID)
	if err != nil {
		return nil, err
	}
	res, err := perf.Run(ctx, n.host, id, r.Upload, r.Download)
	return answer{"uploaded": res.Uploaded, "downloaded": res.Downloaded,
		"upload_us": res.Upload.Microseconds(), "download_us": res.Download.Microseconds()}, err
}

// open opens a stream; eager first forgets what the peer speaks, so that go-libp2p has to ask and wait.
func (n *node) open(ctx context.Context, id peer.ID, lazy bool, names ...string) (network.Stream, error) {
	ids := protocol.ConvertFromStrings(names)
	if lazy {
		return n.host.NewStream(ctx, id, ids...)
	}
	store := n.host.Peerstore()
	known, err := store.GetProtocols(id)
	if err != nil {
		return nil, err
	}
	if err := store.RemoveProtocols(id, known...); err != nil {
		return nil, err
	}
	defer func() { _ = store.AddProtocols(id, known...) }()
	return n.host.NewStream(ctx, id, ids...)
}

// isLazy tells whether the stream has left negotiation for later: go-libp2p wraps exactly those.
func isLazy(s network.Stream) bool { return strings.Contains(fmt.Sprintf("%T", s), "streamWrapper") }

func deadline(ctx context.Context, s network.Stream) {
	if at, ok := ctx.Deadline(); ok {
		_ = s.SetDeadline(at)
	}
}

// echo sends fresh random bytes over a ping stream and wants the same back.
func echo(s network.Stream, size int) error {
	sent, got := make([]byte, size), make([]byte, size)
	_, _ = rand.Read(sent)
	if _, err := s.Write(sent); err != nil {
		return err
	}
	if _, err := io.ReadFull(s, got); err != nil {
		return err
	}
	if !bytes.Equal(sent, got) {
		return errors.New("the echo differs")
	}
	return nil
}

// pingStream opens a ping stream and has one echo on it.
func (n *node) pingStream(ctx context.Context, id peer.ID) (network.Stream, error) {
	s, err := n.host.NewStream(ctx, id, ping.ID)
	if err != nil {
		return nil, err
	}
	deadline(ctx, s)
	if err := echo(s, ping.PingSize); err != nil {
		_ = s.Reset()
		return nil, err
	}
	return s, nil
}

// openAndClose opens count ping streams, parallel at a time, and closes each after its echo.
func openAndClose(ctx context.Context, n *node, r request) (answer, error) {
	id, err := peer.Decode(r.PeerID)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	jobs, results := make(chan struct{}, r.Count), make(chan error, r.Count)
	for range r.Count {
		jobs <- struct{}{}
	}
	close(jobs)
	for range max(r.Parallel, 1) {
		go func() {
			for range jobs {
				s, err := n.pingStream(ctx, id)
				if err == nil {
					err = s.Close()
				}
				results <- err
			}
		}()
	}
	done := 0
	var first error
	for range r.Count {
		if err := <-results; err == nil {
			done++
		} else if first == nil {
			first = fmt.Errorf("after %d streams: %w", done, err)
		}
	}
	return answer{"opened": done, "ms": time.Since(begin).Milliseconds()}, first
}

// holdStreams has count streams open at the same time, uses each of them twice, and closes them in the other order.
func holdStreams(ctx context.Context, n *node, r request) (answer, error) {
	id, err := peer.Decode(r.PeerID)
	if err != nil {
		return nil, err
	}
	held := []network.Stream{}
	defer func() {
		for _, s := range held {
			_ = s.Reset()
		}
	}()
	for range r.Count {
		s, err := n.pingStream(ctx, id)
		if err != nil {
			return answer{"held": len(held)}, err
		}
		held = append(held, s)
	}
	count := len(held)
	for len(held) > 0 {
		s := held[len(held)-1]
		held = held[:len(held)-1]
		if err := errors.Join(echo(s, ping.PingSize), s.Close()); err != nil {
			return answer{"held": count}, err
		}
	}
	return answer{"held": count}, nil
}

// halfClose writes all it has to say and closes its side before it reads anything, then reads to the end of stream.
// Bytes = 0 says nothing at all. The answer must be complete all the same.
func halfClose(ctx context.Context, n *node, r request) (answer, error) {
	id, err := peer.Decode(r.PeerID)
	if err != nil {
		return nil, err
	}
	s, err := n.open(ctx, id, r.Lazy, r.Protocol)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	deadline(ctx, s)
	sent := make([]byte, r.Bytes)
	_, _ = rand.Read(sent)
	if r.Bytes > 0 {
		if _, err := s.Write(sent); err != nil {
			return nil, err
		}
	}
	if err := s.CloseWrite(); err != nil {
		return nil, err
	}
	got, err := io.ReadAll(s)
	a := answer{"lazy": isLazy(s), "got": len(got), "echoed": bytes.Equal(sent, got)}
	if err != nil {
		return a, fmt.Errorf("after %d bytes: %w", len(got), err)
	}
	return a, s.Close()
}

// resetStreams opens count streams and resets each with its echo still on the way.
func resetStreams(ctx context.Context, n *node, r request) (answer, error) {
	id, err := peer.Decode(r.PeerID)
	if err != nil {
		return nil, err
	}
	for i := range r.Count {
		s, err := n.host.NewStream(ctx, id, ping.ID)
		if err != nil {
			return answer{"reset": i}, err
		}
		_, _ = s.Write(make([]byte, ping.PingSize))
		_ = s.Reset()
	}
	return answer{"reset": r.Count}, nil
}

// openOne opens one stream by the first of several names the peer takes. Pretend makes go-libp2p believe that the peer
// speaks the first name, so that it sends name and data at once, to a peer that has never heard of it.
func openOne(ctx context.Context, n *node, r request) (answer, error) {
	id, err := peer.Decode(r.PeerID)
	if err != nil {
		return nil, err
	}
	if r.Pretend {
		store, name := n.host.Peerstore(), protocol.ID(r.Protocols[0])
		if err := store.AddProtocols(id, name); err != nil {
			return nil, err
		}
		defer func() { _ = store.RemoveProtocols(id, name) }()
	}
	s, err := n.open(ctx, id, r.Lazy || r.Pretend, r.Protocols...)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	deadline(ctx, s)
	a := answer{"protocol": s.Protocol(), "lazy": isLazy(s)}
	if len(r.Data) > 0 {
		if _, err := s.Write(r.Data); err != nil {
			return a, err
		}
		if _, err := s.Read(make([]byte, 1)); err != nil {
			return a, err
		}
	}
	return a, s.Close()
}
