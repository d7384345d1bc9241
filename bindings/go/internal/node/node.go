// Package node starts real peerlines for tests. $PEERLINE names the program; without it tests that need one are skipped.
package node

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = 20 * time.Second

// Node is a running peerline.
type Node struct {
	PeerID string   `json:"peer_id"`
	Listen []string `json:"listen"`
	Door   string   `json:"door"`
	Socket string   `json:"socket"`
	Dir    string   `json:"data"`
	PID    int      `json:"pid"`

	t     *testing.T
	cmd   *exec.Cmd
	ended chan error
}

// Start runs a peerline on loopback, with a data directory of its own, until the test ends.
func Start(t *testing.T, settings ...string) *Node {
	t.Helper()
	dir, err := os.MkdirTemp("", "pl-") // a Unix socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return StartOn(t, dir, settings...)
}

// StartOn is Start on a data directory that exists.
func StartOn(t *testing.T, dir string, settings ...string) *Node {
	t.Helper()
	program := os.Getenv("PEERLINE")
	if program == "" {
		t.Skip("PEERLINE does not name the program")
	}
	n := &Node{t: t, cmd: exec.Command(program, "run", "--json"), ended: make(chan error, 1)}
	n.cmd.Env = append(clean(os.Environ()), "PEERLINE_DATA="+dir, "P2P_HOST=127.0.0.1", "P2P_PORT=auto", "PEERLINE_DOOR_PORT=auto",
		"DISCOVERY_MDNS=false", "DISCOVERY_GRENACHE=false", "PEERLINE_TERANODE_RULES=false")
	n.cmd.Env = append(n.cmd.Env, settings...)
	n.cmd.Stderr = os.Stderr
	output, err := n.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(output)
	ready := make(chan error, 1)
	go func(cmd *exec.Cmd) {
		ready <- n.awaitReady(lines)
		_, _ = lines.WriteTo(io.Discard)
		n.ended <- cmd.Wait()
	}(n.cmd)
	t.Cleanup(n.Stop)
	select {
	case err = <-ready:
	case <-time.After(patience):
		err = os.ErrDeadlineExceeded
	}
	if err != nil {
		_ = n.cmd.Process.Kill()
		t.Fatalf("peerline is not ready: %v", err)
	}
	return n
}

// clean keeps what the developer's shell says of peerline out of the test.
func clean(environ []string) []string {
	var kept []string
	for _, one := range environ {
		if !strings.HasPrefix(one, "PEERLINE") && !strings.HasPrefix(one, "P2P_") && !strings.HasPrefix(one, "BOOTSTRAP_PEERS=") {
			kept = append(kept, one)
		}
	}
	return kept
}

func (n *Node) awaitReady(lines *bufio.Reader) error {
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return err
		}
		var said struct {
			Event string `json:"event"`
		}
		if json.Unmarshal(line, &said) == nil && said.Event == "ready" {
			return json.Unmarshal(line, n)
		}
	}
}

// Stop ends the node, which must end well. Stopped again, nothing happens.
func (n *Node) Stop() { n.end(syscall.SIGTERM) }

// Kill is kill -9.
func (n *Node) Kill() { n.end(syscall.SIGKILL) }

func (n *Node) end(signal syscall.Signal) {
	n.t.Helper()
	if n.cmd == nil {
		return
	}
	cmd := n.cmd
	n.cmd = nil
	_ = cmd.Process.Signal(signal)
	select {
	case err := <-n.ended:
		if err != nil && signal != syscall.SIGKILL {
			n.t.Errorf("peerline ended with %v", err)
		}
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		n.t.Errorf("peerline did not end")
	}
}

// TokenFile is where the door's token is.
func (n *Node) TokenFile() string { return filepath.Join(n.Dir, "door.token") }
