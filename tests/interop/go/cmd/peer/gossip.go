// Gossip: topics joined, messages published and received. A received message is judged here a second time, apart from
// gossipsub's own check, so that "signed" in the output is this program's word.
package main

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"google.golang.org/protobuf/proto"
)

// envelope is how Teranode's message bus wraps a payload.
type envelope struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

type joined struct {
	topic *pubsub.Topic
	stop  context.CancelFunc
}

func (n *node) join(name string) (*joined, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if j, ok := n.topics[name]; ok {
		return j, nil
	}
	if n.gossip == nil {
		return nil, errors.New("gossip is off")
	}
	topic, err := n.gossip.Join(name)
	if err != nil {
		return nil, err
	}
	j := &joined{topic: topic}
	n.topics[name] = j
	return j, nil
}

func subscribe(_ context.Context, n *node, r request) (answer, error) {
	j, err := n.join(r.Topic)
	if err != nil {
		return nil, err
	}
	handler, err := j.topic.EventHandler()
	if err != nil {
		return nil, err
	}
	sub, err := j.topic.Subscribe(pubsub.WithBufferSize(1024))
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(n.ctx)
	j.stop = func() { stop(); sub.Cancel(); handler.Cancel() }
	go watchPeers(ctx, r.Topic, handler)
	go n.receive(ctx, sub)
	return nil, nil
}

func unsubscribe(_ context.Context, n *node, r request) (answer, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	j, ok := n.topics[r.Topic]
	if !ok || j.stop == nil {
		return nil, errors.New("not subscribed")
	}
	j.stop()
	j.stop = nil
	return nil, nil
}

// dropGossip resets the stream we write gossip on, and leaves the link alone. It is what go-libp2p-pubsub goes through
// when the link that had that stream is closed as a duplicate: it forgets the other's topics and opens a new stream.
func dropGossip(_ context.Context, n *node, r request) (answer, error) {
	id, err := peer.Decode(r.PeerID)
	if err != nil {
		return nil, err
	}
	dropped := 0
	for _, c := range n.host.Network().ConnsToPeer(id) {
		for _, s := range c.GetStreams() {
			if s.Stat().Direction == network.DirOutbound && strings.HasPrefix(string(s.Protocol()), "/meshsub/") {
				dropped++
				_ = s.Reset()
			}
		}
	}
	return answer{"dropped": dropped}, nil
}

func publish(ctx context.Context, n *node, r request) (answer, error) {
	j, err := n.join(r.Topic)
	if err != nil {
		return nil, err
	}
	data := r.Data
	if r.Envelope {
		if data, err = json.Marshal(envelope{r.Name, r.Data}); err != nil {
			return nil, err
		}
	}
	return nil, j.topic.Publish(ctx, data)
}

func watchPeers(ctx context.Context, topic string, handler *pubsub.TopicEventHandler) {
	for {
		e, err := handler.NextPeerEvent(ctx)
		if err != nil {
			return
		}
		say(answer{"event": "topic_peer", "topic": topic, "peer_id": e.Peer.String(), "joined": e.Type == pubsub.PeerJoin})
	}
}

func (n *node) receive(ctx context.Context, sub *pubsub.Subscription) {
	for {
		m, err := sub.Next(ctx)
		if err != nil {
			return
		}
		if m.ReceivedFrom != n.host.ID() {
			say(messageEvent(m))
		}
	}
}

func messageEvent(m *pubsub.Message) answer {
	a := answer{"event": "message", "topic": m.GetTopic(), "from": m.GetFrom().String(), "via": m.ReceivedFrom.String(),
		"data": m.Data, "signed": verify(m.Message) == nil, "has_key": m.Key != nil,
		"message_id": hex.EncodeToString([]byte(m.ID)), "seqno_bytes": len(m.Seqno)}
	if len(m.Seqno) == 8 {
		a["seqno"] = strconv.FormatUint(binary.BigEndian.Uint64(m.Seqno), 10)
	}
	var e envelope
	if json.Unmarshal(m.Data, &e) == nil && e.Name != "" {
		a["envelope"] = e
	}
	return a
}

// verify checks author and signature of a message from nothing but its own fields.
func verify(m *pb.Message) error {
	author, err := peer.IDFromBytes(m.From)
	if err != nil {
		return err
	}
	var key crypto.PubKey
	if len(m.Key) > 0 {
		key, err = crypto.UnmarshalPublicKey(m.Key)
	} else {
		key, err = author.ExtractPublicKey()
	}
	if err != nil {
		return err
	}
	if !author.MatchesPublicKey(key) {
		return errors.New("the key is not the author's")
	}
	body, err := proto.Marshal(&pb.Message{From: m.From, Data: m.Data, Seqno: m.Seqno, Topic: m.Topic})
	if err != nil {
		return err
	}
	good, err := key.Verify(append([]byte("libp2p-pubsub:"), body...), m.Signature)
	if err == nil && !good {
		err = errors.New("the signature does not match")
	}
	return err
}

// tracer reports who is in our mesh, and what gossipsub refused.
type tracer struct{}

func (tracer) Graft(p peer.ID, topic string) {
	say(answer{"event": "mesh", "topic": topic, "peer_id": p.String(), "grafted": true})
}

func (tracer) Prune(p peer.ID, topic string) {
	say(answer{"event": "mesh", "topic": topic, "peer_id": p.String(), "grafted": false})
}

func (tracer) RejectMessage(m *pubsub.Message, reason string) {
	say(answer{"event": "rejected", "topic": m.GetTopic(), "via": m.ReceivedFrom.String(), "reason": reason, "data": m.Data})
}

func (tracer) OnNewOutboundStream(p peer.ID, name protocol.ID) {
	say(answer{"event": "gossip_peer", "peer_id": p.String(), "protocol": name})
}

// RecvRPC reports the ids that others say they have no need of.
func (tracer) RecvRPC(rpc *pubsub.RPC) {
	ids := []string{}
	for _, list := range rpc.GetControl().GetIdontwant() {
		for _, id := range list.GetMessageIDs() {
			ids = append(ids, hex.EncodeToString([]byte(id)))
		}
	}
	if len(ids) > 0 {
		say(answer{"event": "unwanted", "message_ids": ids})
	}
}

// DropRPC reports what go itself threw away, because its own queue to that peer (32 RPCs) was full.
func (tracer) DropRPC(rpc *pubsub.RPC, p peer.ID) {
	messages := [][]byte{}
	for _, m := range rpc.GetPublish() {
		messages = append(messages, m.GetData())
	}
	say(answer{"event": "dropped", "peer_id": p.String(), "messages": messages})
}

// UndeliverableMessage reports a message that this program's own subscription was too slow for.
func (tracer) UndeliverableMessage(m *pubsub.Message) {
	say(answer{"event": "undeliverable", "topic": m.GetTopic()})
}

func (tracer) OnClosedOutboundStream(peer.ID)   {}
func (tracer) Join(string)                      {}
func (tracer) Leave(string)                     {}
func (tracer) ValidateMessage(*pubsub.Message)  {}
func (tracer) DeliverMessage(*pubsub.Message)   {}
func (tracer) DuplicateMessage(*pubsub.Message) {}
func (tracer) ThrottlePeer(peer.ID)             {}
func (tracer) SendRPC(*pubsub.RPC, peer.ID)     {}
