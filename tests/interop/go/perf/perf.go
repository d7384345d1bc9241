// Package perf is libp2p's throughput protocol, both ends of it: the dialer says how many bytes it wants back, sends
// its own, closes its side; the listener reads to the end and then sends what was asked for. go-libp2p has no package
// for it. The judges and the bench peer share this one.
package perf

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// ID names the protocol on the wire.
const ID = "/perf/1.0.0"

const block = 64 << 10

// Result says what travelled and how long each half took. Upload ends when the listener has read everything (its
// answer begins, or its end of stream arrives), so it measures delivery and not the filling of our own buffers.
type Result struct {
	Uploaded   uint64
	Downloaded uint64
	Upload     time.Duration
	Download   time.Duration
}

// Serve answers the protocol on a host.
func Serve(h host.Host) {
	h.SetStreamHandler(ID, func(s network.Stream) {
		if err := answer(s); err != nil {
			_ = s.Reset()
			return
		}
		_ = s.Close()
	})
}

func answer(s network.Stream) error {
	var want [8]byte
	if _, err := io.ReadFull(s, want[:]); err != nil {
		return err
	}
	buf := make([]byte, block)
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{s}, buf); err != nil {
		return err
	}
	return send(s, buf, binary.BigEndian.Uint64(want[:]))
}

func send(w io.Writer, buf []byte, n uint64) error {
	for n > 0 {
		part := buf
		if n < uint64(len(part)) {
			part = part[:n]
		}
		m, err := w.Write(part)
		if err != nil {
			return err
		}
		n -= uint64(m)
	}
	return nil
}

// Run uploads and downloads on one fresh stream.
func Run(ctx context.Context, h host.Host, p peer.ID, upload, download uint64) (Result, error) {
	s, err := h.NewStream(ctx, p, ID)
	if err != nil {
		return Result{}, err
	}
	res, err := exchange(s, upload, download)
	if err != nil {
		_ = s.Reset()
		return res, err
	}
	return res, s.Close()
}

func exchange(s network.Stream, upload, download uint64) (Result, error) {
	buf := make([]byte, block)
	begin := time.Now()
	var want [8]byte
	binary.BigEndian.PutUint64(want[:], download)
	if _, err := s.Write(want[:]); err != nil {
		return Result{}, fmt.Errorf("asking: %w", err)
	}
	if err := send(s, buf, upload); err != nil {
		return Result{}, fmt.Errorf("uploading: %w", err)
	}
	if err := s.CloseWrite(); err != nil {
		return Result{}, fmt.Errorf("closing our side: %w", err)
	}
	return receive(s, buf, begin, upload, download)
}

func receive(s network.Stream, buf []byte, begin time.Time, upload, download uint64) (Result, error) {
	res := Result{Uploaded: upload}
	var first time.Time
	for {
		n, err := s.Read(buf)
		if first.IsZero() {
			first = time.Now()
		}
		res.Downloaded += uint64(n)
		if err == io.EOF {
			break
		}
		if err != nil {
			return res, fmt.Errorf("downloading after %d bytes: %w", res.Downloaded, err)
		}
	}
	res.Upload = first.Sub(begin)
	res.Download = time.Since(first)
	if res.Downloaded != download {
		return res, fmt.Errorf("asked for %d bytes, got %d", download, res.Downloaded)
	}
	return res, nil
}
