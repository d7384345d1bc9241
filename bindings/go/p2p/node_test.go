package p2p_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/peerline/peerline/bindings/go/internal/node"
	"github.com/peerline/peerline/bindings/go/p2p"
)

const patience = 20 * time.Second

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func attach(t *testing.T, n *node.Node, id string, change ...func(*p2p.Config)) *p2p.Conn {
	t.Helper()
	config := &p2p.Config{ProcessName: id, TopicPrefix: "demo/net", DataDir: n.Dir}
	for _, one := range change {
		one(config)
	}
	c, err := p2p.Attach(context.Background(), config, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func start(t *testing.T, n *node.Node, change ...func(*p2p.Config)) *p2p.SharedP2PManager {
	t.Helper()
	config := &p2p.Config{ProcessName: "shared-node", TopicPrefix: "demo/net", DataDir: n.Dir}
	for _, one := range change {
		one(config)
	}
	m, err := p2p.NewSharedP2PManager(config, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Stop() })
	return m
}

func publish(t *testing.T, c p2p.Client, topic, text string) {
	t.Helper()
	if err := c.Publish(context.Background(), topic, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, messages <-chan p2p.Message) p2p.Message {
	t.Helper()
	select {
	case m, open := <-messages:
		if !open {
			t.Fatal("the channel is closed")
		}
		return m
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	panic("not reached")
}

func isClosed(t *testing.T, messages <-chan p2p.Message) {
	t.Helper()
	for end := time.After(patience); ; {
		select {
		case _, open := <-messages:
			if !open {
				return
			}
		case <-end:
			t.Fatal("the channel is not closed")
		}
	}
}

// until polls for what has no event.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// topics is who wants which topic, as the node sees it.
func topics(t *testing.T, c *p2p.Conn) map[string]int {
	t.Helper()
	var answer struct {
		Topics []struct {
			Topic     string
			Consumers int
		}
	}
	if err := c.Call(context.Background(), "TOPICS", struct{}{}, &answer); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, one := range answer.Topics {
		found[one.Topic] = one.Consumers
	}
	return found
}

func TestWhatOneConsumerSaysTheOthersHear(t *testing.T) {
	n := node.Start(t)
	a, b := attach(t, n, "a"), attach(t, n, "b")
	ofA, ofB := a.Subscribe("block"), b.Subscribe("demo/net-block")
	before := time.Now().Add(-time.Minute)
	publish(t, a, "block", "hello")
	m := receive(t, ofB)
	if m.Topic != "demo/net-block" || m.From != "a" || m.FromID != n.PeerID || string(m.Data) != "hello" {
		t.Errorf("%+v", m)
	}
	if m.Timestamp.Before(before) || m.Timestamp.After(time.Now().Add(time.Minute)) {
		t.Error(m.Timestamp)
	}
	publish(t, b, "block", "hello back")
	if m := receive(t, ofA); m.Topic != "block" || string(m.Data) != "hello back" {
		t.Errorf("its own came back, or another: %+v", m)
	}
	if a.GetID() != n.PeerID {
		t.Errorf("%q is not %q", a.GetID(), n.PeerID)
	}
}

func TestATopicIsLeftWithTheLastOfItsChannels(t *testing.T) {
	n := node.Start(t)
	a, other := attach(t, n, "a"), attach(t, n, "other")
	const topic = "demo/net-block"
	first, second := a.Subscribe("block"), a.Subscribe(topic)
	publish(t, other, topic, "to both")
	receive(t, first)
	receive(t, second)
	if got := topics(t, other)[topic]; got != 1 {
		t.Errorf("%d consumers", got)
	}
	a.Unsubscribe(first)
	isClosed(t, first)
	publish(t, other, topic, "to one")
	receive(t, second)
	a.UnsubscribeTopic("block")
	isClosed(t, second)
	until(t, "the node leaves the topic", func() bool { return topics(t, other)[topic] == 0 })
	again := a.Subscribe("block")
	publish(t, other, topic, "again")
	receive(t, again)
}

func TestAManagerGivesEachConsumerItsOwnIdAndChannels(t *testing.T) {
	n := node.Start(t)
	m := start(t, n)
	speaker := attach(t, n, "speaker")
	subscribe := func(id, topic string) <-chan p2p.Message {
		messages, err := m.Subscribe(id, topic)
		if err != nil {
			t.Fatal(err)
		}
		return messages
	}
	blocks := subscribe("chaintracks", "block")
	subtrees, rejected, same := subscribe("arcade", "subtree"), subscribe("arcade", "rejected-tx"), subscribe("arcade", "block")
	own := m.GetClient().Subscribe("block")
	for _, topic := range []string{"block", "subtree", "rejected-tx"} {
		publish(t, speaker, topic, topic)
	}
	for topic, channels := range map[string][]<-chan p2p.Message{
		"block": {blocks, same, own}, "subtree": {subtrees}, "rejected-tx": {rejected},
	} {
		for _, messages := range channels {
			if got := receive(t, messages); got.Topic != topic || string(got.Data) != topic {
				t.Errorf("%+v on %s", got, topic)
			}
		}
	}
	var status struct{ Consumers []struct{ ID string } }
	if err := speaker.Call(context.Background(), "STATUS", struct{}{}, &status); err != nil {
		t.Fatal(err)
	}
	ids := fmt.Sprint(status.Consumers)
	for _, id := range []string{"shared-node", "chaintracks", "arcade"} {
		if !strings.Contains(ids, "{"+id+"}") {
			t.Errorf("%s is not among %s", id, ids)
		}
	}
	m.UnsubscribeTopic("arcade", "block")
	isClosed(t, same)
	m.Unsubscribe("arcade")
	isClosed(t, subtrees)
	isClosed(t, rejected)
	publish(t, speaker, "block", "still here")
	receive(t, blocks)
	if err := m.Stop(); err != nil {
		t.Fatal(err)
	}
	isClosed(t, blocks)
	isClosed(t, own)
	if _, err := m.Subscribe("arcade", "block"); !errors.Is(err, p2p.ErrNotStarted) {
		t.Error(err)
	}
	if err := m.Start(context.Background()); err != nil {
		t.Error("not again:", err)
	}
}

func TestAManagerIsStartedOnceAndTellsOfAMissingNode(t *testing.T) {
	if _, err := p2p.NewSharedP2PManager(nil, quiet); err == nil {
		t.Error("without a configuration")
	}
	m := start(t, node.Start(t))
	if err := m.Start(context.Background()); !errors.Is(err, p2p.ErrAlreadyStarted) {
		t.Error(err)
	}
	nobody, err := p2p.NewSharedP2PManager(&p2p.Config{ProcessName: "x", DataDir: t.TempDir()}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if err := nobody.Start(ctx); !errors.Is(err, p2p.ErrNoNode) {
		t.Error(err)
	}
	if nobody.GetClient() != nil || nobody.GetPeerID() != "" {
		t.Error("it has a client all the same")
	}
}

func TestAServiceThatStartsBeforeTheNodeWaitsForIt(t *testing.T) {
	first := node.Start(t)
	first.Stop()
	m, err := p2p.NewSharedP2PManager(&p2p.Config{ProcessName: "early", DataDir: first.Dir}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	started := make(chan error, 1)
	go func() { started <- m.Start(ctx) }()
	n := node.StartOn(t, first.Dir)
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	if got := m.GetPeerID(); got != n.PeerID {
		t.Error(got)
	}
	_ = m.Stop()
}

func TestTheDoorIsFoundByAddressTokenAndEnvironment(t *testing.T) {
	n := node.Start(t)
	secret, host := token(t, n), strings.TrimPrefix(n.Door, "nats://")
	for name, config := range map[string]p2p.Config{
		"socket":         {Address: "unix:" + n.Socket},
		"url":            {Address: "nats://" + secret + "@" + host},
		"host and token": {Address: host, Token: secret},
		"data directory": {DataDir: n.Dir},
	} {
		config.ProcessName = name
		c, err := p2p.Attach(context.Background(), &config, quiet)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.GetID() != n.PeerID {
			t.Errorf("%s: %s", name, c.GetID())
		}
		_ = c.Close()
	}
	t.Setenv("PEERLINE_URL", host)
	t.Setenv("PEERLINE_TOKEN", secret)
	c, err := p2p.Attach(context.Background(), &p2p.Config{ProcessName: "environment"}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if _, err := p2p.Attach(context.Background(), &p2p.Config{ProcessName: "x", Address: host, Token: "wrong"}, quiet); !errors.Is(err, p2p.ErrRefused) {
		t.Error(err)
	}
	t.Setenv("PEERLINE_URL", "")
	t.Setenv("PEERLINE_TOKEN", "")
	t.Setenv("PEERLINE_DATA", n.Dir)
	other := attach(t, n, "taken")
	if _, err := p2p.Attach(context.Background(), &p2p.Config{ProcessName: "taken"}, quiet); !errors.Is(err, p2p.ErrHeld) {
		t.Error(err)
	}
	_ = other.Close()
}

func TestARefusalIsToldToWhoeverAsked(t *testing.T) {
	n := node.Start(t, "PEERLINE_TERANODE_RULES=true")
	c := attach(t, n, "c")
	ctx := context.Background()
	if err := c.Publish(ctx, "teranode/bitcoin/1.0.0/mainnet-block", []byte("no block")); !errors.Is(err, p2p.ErrRefused) || !strings.Contains(err.Error(), "PEERLINE_TERANODE_RULES") {
		t.Error(err)
	}
	if err := c.Publish(ctx, "demo/news", make([]byte, 900_000)); !errors.Is(err, p2p.ErrRefused) {
		t.Error("too large a message:", err)
	}
	if err := c.Publish(ctx, "demo/news", []byte("fine")); err != nil {
		t.Error(err)
	}
	if err := c.Call(ctx, "NO_SUCH_VERB", struct{}{}, &struct{}{}); err == nil {
		t.Error("a verb that is not there")
	}
	isClosed(t, c.Subscribe(strings.Repeat("x/", 2000)))
	if _, err := c.SubscribeGroup(ctx, strings.Repeat("x/", 2000), "g"); !errors.Is(err, p2p.ErrRefused) {
		t.Error(err)
	}
	if h, err := c.Health(ctx); err != nil || !h.Attached || h.PeerID != n.PeerID {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestAGroupSharesTheMessages(t *testing.T) {
	n := node.Start(t)
	speaker, m := attach(t, n, "speaker"), start(t, n)
	var members []<-chan p2p.Message
	for _, id := range []string{"worker#1", "worker#2", "worker#2"} {
		messages, err := m.SubscribeGroup(id, "subtree", "workers")
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, messages)
	}
	const n30 = 30
	for i := 0; i < n30; i++ {
		publish(t, speaker, "subtree", fmt.Sprint(i))
	}
	heard, each := map[string]int{}, make([]int, len(members))
	for total := 0; total < n30; total++ {
		select {
		case m := <-members[0]:
			heard[string(m.Data)]++
			each[0]++
		case m := <-members[1]:
			heard[string(m.Data)]++
			each[1]++
		case m := <-members[2]:
			heard[string(m.Data)]++
			each[2]++
		case <-time.After(patience):
			t.Fatalf("only %v", each)
		}
	}
	if len(heard) != n30 || each[0] == 0 || each[1] == 0 || each[2] == 0 {
		t.Errorf("%v by %v", heard, each)
	}
}

func TestAfterARestartEverythingGoesOnAndTheGapIsTold(t *testing.T) {
	first := node.Start(t)
	gaps := make(chan p2p.Gap, 10)
	m := start(t, first, func(c *p2p.Config) { c.OnGap = func(g p2p.Gap) { gaps <- g } })
	blocks, err := m.Subscribe("chaintracks", "block")
	if err != nil {
		t.Fatal(err)
	}
	speaker := attach(t, first, "speaker")
	publish(t, speaker, "block", "before")
	receive(t, blocks)
	first.Kill()
	node.StartOn(t, first.Dir) // on another port
	publish(t, speaker, "block", "after")
	var reader p2p.Message
	until(t, "somebody hears it", func() bool {
		select {
		case reader = <-blocks:
			return true
		default:
			publish(t, speaker, "block", "after")
			return false
		}
	})
	if string(reader.Data) != "after" {
		t.Errorf("%+v", reader)
	}
	select {
	case g := <-gaps:
		if g.Consumer != "chaintracks" || g.Topic != "block" || g.Why != p2p.WhyRestart {
			t.Errorf("%+v", g)
		}
	case <-time.After(patience):
		t.Error("no gap")
	}
	if h, err := m.Health(context.Background()); err != nil || h.Gaps != 1 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestASlowChannelHoldsUpNobodyAndIsToldWhatItMissed(t *testing.T) {
	n := node.Start(t)
	var missed, gaps atomic.Uint64
	c := attach(t, n, "c", func(config *p2p.Config) {
		config.OnGap = func(g p2p.Gap) {
			gaps.Add(1)
			missed.Add(g.Count)
		}
	})
	frozen, healthy := c.Subscribe("subtree"), c.Subscribe("block")
	speaker := attach(t, n, "speaker")
	const count = 350
	text := strings.Repeat("x", 64<<10)
	for i := 0; i < count; i++ {
		publish(t, speaker, "subtree", text)
	}
	publish(t, speaker, "block", "to the other channel of the same consumer")
	receive(t, healthy)
	heard := uint64(0)
	until(t, "everything was heard or told", func() bool {
		for {
			select {
			case <-frozen:
				heard++
				continue
			default:
			}
			return heard+missed.Load() == count
		}
	})
	if gaps.Load() == 0 || heard < 100 {
		t.Errorf("%d heard, %d missed in %d gaps", heard, missed.Load(), gaps.Load())
	}
}

// burst says this on block, as fast as it can be written.
func burst(t *testing.T, n *node.Node, text string, count int) {
	t.Helper()
	nc, err := nats.Connect(n.Door, nats.Token(token(t, n)))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	body, err := json.Marshal(map[string]any{"name": "burst", "data": []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < count; i++ {
		if err := nc.Publish("topic.demo/net-block", body); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

// validate joins the topic and gets nothing that fills its queue: a validator is asked of the messages of others only.
func validate(t *testing.T, n *node.Node) {
	t.Helper()
	nc, err := nats.Connect(n.Door, nats.Token(token(t, n)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if _, err := nc.SubscribeSync("validate.demo/net-block"); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

func token(t *testing.T, n *node.Node) string {
	t.Helper()
	text, err := os.ReadFile(n.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// What the node does with a consumer that is slower than a burst, for which it holds but 64 KiB.
func TestWhatTheNodeCouldNotHoldIsToldExactly(t *testing.T) {
	for policy, why := range map[string]string{"gap": p2p.WhySlow, "disconnect": p2p.WhyAway} {
		t.Run(policy, func(t *testing.T) {
			n := node.Start(t, "PEERLINE_CONSUMER_BYTES=65536", "PEERLINE_SLOW_CONSUMER="+policy)
			var missed atomic.Uint64
			c := attach(t, n, "c", func(config *p2p.Config) {
				config.OnGap = func(g p2p.Gap) {
					if g.Why != why || g.Topic != "block" || g.Count == 0 || g.Count != g.To-g.From+1 {
						t.Errorf("%+v", g)
					}
					missed.Add(g.Count)
				}
			})
			// Whoever has the topic joined all the time keeps its numbers going.
			keeper := attach(t, n, "keeper")
			blocks := c.Subscribe("block")
			validate(t, n)
			publish(t, keeper, "block", "first")
			receive(t, blocks)
			const count = 2000
			burst(t, n, strings.Repeat("x", 1024), count)
			heard, said := uint64(0), uint64(count)
			until(t, "the latest is heard", func() bool {
				said++ // numbers tell only with a message after the hole
				last := fmt.Sprint("last ", said)
				publish(t, keeper, "block", last)
				for end := time.After(200 * time.Millisecond); ; {
					select {
					case m := <-blocks:
						heard++
						if string(m.Data) == last {
							return true
						}
					case <-end:
						return false
					}
				}
			})
			if heard+missed.Load() != said {
				t.Errorf("%d heard, %d missed and told, of %d", heard, missed.Load(), said)
			}
			if missed.Load() == 0 {
				t.Error("nothing was too much")
			}
			t.Logf("%d heard, %d missed and told", heard, missed.Load())
		})
	}
}

func TestWhatHasComeMayBeReadAfterClose(t *testing.T) {
	n := node.Start(t)
	c, speaker := attach(t, n, "c"), attach(t, n, "speaker")
	messages := c.Subscribe("block")
	const count = 1000
	for i := 0; i < count; i++ {
		publish(t, speaker, "block", fmt.Sprint(i))
	}
	go func() { _ = c.Close() }()
	next := 0
	for m := range messages {
		if string(m.Data) != fmt.Sprint(next) {
			t.Fatalf("%d is %s", next, m.Data)
		}
		next++
	}
	if next != count {
		t.Errorf("%d of %d", next, count)
	}
	if err := c.Publish(context.Background(), "block", nil); !errors.Is(err, p2p.ErrClosed) {
		t.Error(err)
	}
	isClosed(t, c.Subscribe("block"))
	_ = c.Close()
}

func TestBootstrapPeersBecomeTheNodes(t *testing.T) {
	peer, n := node.Start(t), node.Start(t)
	m := start(t, n, func(c *p2p.Config) { c.BootstrapPeers = []string{peer.Listen[0], "nonsense"} })
	until(t, "the link", func() bool {
		h, err := m.Health(context.Background())
		return err == nil && h.Links == 1
	})
	far := attach(t, peer, "far")
	blocks, err := m.Subscribe("chaintracks", "block")
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the topic has a peer, and it is heard", func() bool {
		publish(t, far, "block", "from afar")
		select {
		case m := <-blocks:
			return m.FromID == peer.PeerID && m.From == "far"
		case <-time.After(200 * time.Millisecond):
			return false
		}
	})
	c, err := m.Consumer("chaintracks")
	if err != nil {
		t.Fatal(err)
	}
	peers := c.GetPeers()
	if len(peers) != 1 || peers[0].ID != peer.PeerID || peers[0].Name != "far" || len(peers[0].Addrs) != 1 {
		t.Errorf("%+v", peers)
	}
	if err := c.Connect(context.Background(), n.Listen[0]); err != nil {
		t.Error("to itself:", err)
	}
}

// Another package's types of the same shape.
type (
	otherMessage struct {
		Topic, From, FromID string
		Data                []byte
		Timestamp           time.Time
	}
	otherPeer struct {
		ID, Name string
		Addrs    []string
	}
)

func TestAClientServesOtherPackagesTypes(t *testing.T) {
	n := node.Start(t)
	c, speaker := attach(t, n, "c"), attach(t, n, "speaker")
	var typed interface {
		Subscribe(topic string) <-chan otherMessage
		Publish(ctx context.Context, topic string, data []byte) error
		GetPeers() []otherPeer
		GetID() string
		Connect(ctx context.Context, peerMultiaddr string) error
		Close() error
	} = p2p.As[otherMessage, otherPeer](c)
	messages := typed.Subscribe("block")
	publish(t, speaker, "block", "hello")
	if m := <-messages; m.From != "speaker" || string(m.Data) != "hello" {
		t.Errorf("%+v", m)
	}
	if typed.GetID() != n.PeerID || len(typed.GetPeers()) != 1 {
		t.Error(typed.GetID(), typed.GetPeers())
	}
	if err := typed.Close(); err != nil {
		t.Error(err)
	}
	if _, open := <-messages; open {
		t.Error("the channel is open")
	}
}

// A consumer with a token of its own may do what the node's owner wrote down for it, and is told of the rest.
func TestAConsumerWithCredentialsOfItsOwnHasItsRights(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"arcade.token":   "0123456789abcdef0123456789abcdef\n",
		"guest.token":    "fedcba9876543210fedcba9876543210\n",
		"consumers.json": `{"arcade":{"token_file":"arcade.token","subscribe":["payload.demo/net-block"],"publish":["topic.demo/net-subtree"],"api":["STATUS"]},"guest":{"token_file":"guest.token"}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n := node.Start(t, "PEERLINE_CONSUMERS="+filepath.Join(dir, "consumers.json"))
	as := func(id, token string) (*p2p.Conn, error) {
		config := &p2p.Config{ProcessName: id, TopicPrefix: "demo/net", Address: n.Door, Token: token}
		return p2p.Attach(context.Background(), config, quiet)
	}
	ctx := context.Background()
	if _, err := as("chaintracks", "0123456789abcdef0123456789abcdef"); err == nil {
		t.Error("it took another's name")
	}
	arcade, err := as("arcade", "0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	defer arcade.Close()
	owner := attach(t, n, "owner")
	subtrees := owner.Subscribe("subtree")
	publish(t, arcade, "subtree", "allowed")
	receive(t, subtrees)
	if err := arcade.Publish(ctx, "block", []byte("not allowed")); !errors.Is(err, p2p.ErrRefused) {
		t.Error(err)
	}
	blocks := arcade.Subscribe("block")
	publish(t, owner, "block", "to whoever may read it")
	receive(t, blocks)
	isClosed(t, arcade.Subscribe("other/topic"))
	if got := arcade.GetID(); got != n.PeerID {
		t.Errorf("%q, with the right to ask", got)
	}
	if peers := arcade.GetPeers(); len(peers) != 1 || peers[0].ID != n.PeerID || len(peers[0].Addrs) != 0 {
		t.Errorf("%+v, without the right to ask", peers)
	}
	guest, err := as("guest", "fedcba9876543210fedcba9876543210")
	if err != nil {
		t.Fatal(err)
	}
	defer guest.Close()
	if got := guest.GetID(); got != "" {
		t.Errorf("%q, without the right to ask", got)
	}
}
