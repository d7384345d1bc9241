package p2p

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sort"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// promptly is how long what has no context may take.
const promptly = 2 * time.Second

// APIError is the node's answer to what it could not do: what happened, and which setting changes it.
type APIError struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

func (e *APIError) Error() string { return e.Code + ": " + e.Text }

// Publish says something on a topic, in an envelope with the client's name. It returns when the node has taken it; what
// the node refuses (size, rights, Teranode's rules) is ErrRefused. Without a connection it waits for one.
func (c *Conn) Publish(ctx context.Context, topic string, data []byte) error {
	ctx, cancel := withPatience(ctx, askPatience)
	defer cancel()
	body, err := json.Marshal(struct {
		Name string `json:"name"`
		Data []byte `json:"data"`
	}{c.config.ProcessName, data})
	if err != nil {
		return err
	}
	nc, err := c.connection(ctx)
	if err != nil {
		return err
	}
	subject := c.subjectOf("topic.", topic)
	c.ask.Lock()
	defer c.ask.Unlock()
	if err := c.asked(ctx, nc, subject, func() error { return nc.Publish(subject, body) }); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.feeds[feedKey{subject: c.subjectOf("payload.", topic)}]; f != nil {
		f.own++
	}
	return nil
}

// Call asks the node for something: a verb of `$PL.API`, with a body and into an answer that encoding/json knows.
func (c *Conn) Call(ctx context.Context, verb string, body, answer any) error {
	ctx, cancel := withPatience(ctx, askPatience)
	defer cancel()
	request, err := json.Marshal(body)
	if err != nil {
		return err
	}
	nc, err := c.connection(ctx)
	if err != nil {
		return err
	}
	reply, err := c.exchange(ctx, nc, "$PL.API."+verb, request)
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	var refused struct {
		Error *APIError `json:"error"`
	}
	if err := json.Unmarshal(reply, &refused); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	if refused.Error != nil {
		return fmt.Errorf("%s: %w", verb, refused.Error)
	}
	return json.Unmarshal(reply, answer)
}

func (c *Conn) exchange(ctx context.Context, nc *nats.Conn, subject string, request []byte) ([]byte, error) {
	inbox := nats.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	c.ask.Lock()
	err = c.asked(ctx, nc, subject, func() error { return nc.PublishRequest(subject, inbox, request) })
	c.ask.Unlock()
	if err != nil {
		return nil, err
	}
	reply, err := sub.NextMsgWithContext(ctx)
	if err != nil {
		return nil, err
	}
	return reply.Data, nil
}

// ---- who is who ----

// GetID returns the node's peer id; empty when the node cannot be asked, or does not tell this consumer.
func (c *Conn) GetID() string {
	c.mu.Lock()
	id := c.peerID
	c.mu.Unlock()
	if id != "" {
		return id
	}
	ctx, cancel := context.WithTimeout(context.Background(), promptly)
	defer cancel()
	var status struct {
		PeerID string `json:"peer_id"`
	}
	if err := c.Call(ctx, "STATUS", struct{}{}, &status); err != nil {
		c.log.Warn("the node does not say who it is", slog.Any("error", err))
		return ""
	}
	c.mu.Lock()
	c.peerID = status.PeerID
	c.mu.Unlock()
	return status.PeerID
}

// GetPeers returns the authors of what this client has heard, and the addresses of those that the node has a link to.
func (c *Conn) GetPeers() []PeerInfo {
	addresses := c.addresses()
	c.mu.Lock()
	defer c.mu.Unlock()
	peers := make([]PeerInfo, 0, len(c.heard))
	for id, name := range c.heard {
		peers = append(peers, PeerInfo{ID: id, Name: name, Addrs: addresses[id]})
	}
	sort.Slice(peers, func(i, j int) bool { return peers[i].ID < peers[j].ID })
	return peers
}

func (c *Conn) addresses() map[string][]string {
	ctx, cancel := context.WithTimeout(context.Background(), promptly)
	defer cancel()
	var answer struct {
		Peers []struct {
			PeerID  string `json:"peer_id"`
			State   string `json:"state"`
			Address string `json:"address"`
		} `json:"peers"`
	}
	found := map[string][]string{}
	if err := c.Call(ctx, "PEERS", struct{}{}, &answer); err != nil {
		c.log.Debug("the node does not say whom it is connected to", slog.Any("error", err))
		return found
	}
	for _, p := range answer.Peers {
		if p.State == "connected" && p.Address != "" {
			found[p.PeerID] = append(found[p.PeerID], p.Address)
		}
	}
	return found
}

// Connect has the node connect to a peer, once. To itself it is connected already.
func (c *Conn) Connect(ctx context.Context, peerMultiaddr string) error {
	if _, id, ok := strings.Cut(peerMultiaddr, "/p2p/"); ok && id != "" && id == c.GetID() {
		return nil
	}
	return c.Call(ctx, "CONNECT", address{peerMultiaddr}, &struct{}{})
}

type address struct {
	Address string `json:"address"`
}

// introduce has the node keep a link to the peers that the configuration names. A node that may not, or cannot just
// now, is no failure: it has peers of its own.
func (c *Conn) introduce() {
	for _, peer := range c.config.BootstrapPeers {
		ctx, cancel := context.WithTimeout(context.Background(), askPatience)
		err := c.addPeer(ctx, peer)
		cancel()
		if errors.Is(err, ErrClosed) {
			return
		}
		if err != nil {
			c.log.Info("the node was not introduced to a bootstrap peer", slog.String("peer", peer), slog.Any("error", err))
		}
	}
}

// addPeer waits while the node writes down what another one asked of it. One that cannot keep a link is asked for one.
func (c *Conn) addPeer(ctx context.Context, peer string) error {
	for {
		refused := new(APIError)
		err := c.Call(ctx, "PEER_ADD", address{peer}, &struct{}{})
		if !errors.As(err, &refused) {
			return err
		}
		switch refused.Code {
		case "E_UNKNOWN_VERB":
			return c.Connect(ctx, peer)
		case "E_BUSY":
			select {
			case <-time.After(firstRetry):
				continue
			case <-ctx.Done():
			}
		}
		return err
	}
}
