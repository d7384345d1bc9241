package p2p

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoNode means that no peerline was found, or that none answers where one should be.
var ErrNoNode = errors.New("no peerline runs here")

const dialTimeout = 5 * time.Second

// place is where a node's door is, and what opens it.
type place struct{ network, address, token string }

// locate lists the places to try, the best one first: what the configuration names, what the environment names, and
// what the node wrote into its data directory. It is asked anew for every attempt, since a node that restarts may
// listen elsewhere.
func locate(config *Config) ([]place, error) {
	address, token := config.Address, config.Token
	if address == "" {
		address = os.Getenv("PEERLINE_URL")
	}
	if token == "" {
		token = os.Getenv("PEERLINE_TOKEN")
	}
	if address == "" {
		return placesOfRun(dataDir(config), token)
	}
	p, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	if p.token == "" {
		p.token = token
	}
	return []place{p}, nil
}

// dataDir is the one that `peerline run` takes by default.
func dataDir(config *Config) string {
	state, home := os.Getenv("XDG_STATE_HOME"), os.Getenv("HOME")
	switch {
	case config.DataDir != "":
		return config.DataDir
	case os.Getenv("PEERLINE_DATA") != "":
		return os.Getenv("PEERLINE_DATA")
	case os.Geteuid() == 0 || state == "" && home == "":
		return "/var/lib/peerline"
	case state != "":
		return filepath.Join(state, "peerline")
	}
	return filepath.Join(home, ".local", "state", "peerline")
}

// placesOfRun reads run.json: the Unix socket, where the node's own user needs no token, then the door's TCP port.
func placesOfRun(dir, token string) ([]place, error) {
	path := filepath.Join(dir, "run.json")
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: no %s; start one with: peerline run --data %s", ErrNoNode, path, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("who runs peerline? %w; name its door in PEERLINE_URL, and a token in PEERLINE_TOKEN", err)
	}
	var run struct {
		Door      string `json:"door"`
		Socket    string `json:"socket"`
		TokenFile string `json:"token_file"`
	}
	if err := json.Unmarshal(content, &run); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if token == "" && run.TokenFile != "" {
		if text, err := os.ReadFile(run.TokenFile); err == nil {
			token = strings.TrimSpace(string(text))
		}
	}
	var places []place
	if run.Socket != "" {
		places = append(places, place{"unix", run.Socket, token})
	}
	if door, err := parseAddress(run.Door); err == nil && token != "" {
		places = append(places, place{door.network, door.address, token})
	}
	return places, nil
}

// parseAddress reads unix:/path, /path, HOST:PORT, nats://HOST:PORT and nats://TOKEN@HOST:PORT.
func parseAddress(text string) (place, error) {
	if path := strings.TrimPrefix(text, "unix:"); strings.HasPrefix(path, "/") {
		return place{"unix", path, ""}, nil
	}
	if !strings.Contains(text, "://") && !strings.HasPrefix(text, "unix:") {
		text = "nats://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "nats" || u.Hostname() == "" {
		return place{}, errors.New("an address is unix:/path, /path, HOST:PORT or nats://TOKEN@HOST:PORT")
	}
	port := u.Port()
	if port == "" {
		port = "4222"
	}
	return place{"tcp", net.JoinHostPort(u.Hostname(), port), u.User.Username()}, nil
}

// dialer opens the first place that answers. It serves one attempt: nats.go asks for the token after the connection.
type dialer struct {
	places []place
	chosen place
}

// Dial ignores the address that nats.go was given, which stands for all of ours.
func (d *dialer) Dial(string, string) (net.Conn, error) {
	var failed []error
	for _, p := range d.places {
		conn, err := net.DialTimeout(p.network, p.address, dialTimeout)
		if err == nil {
			d.chosen = p
			return conn, nil
		}
		failed = append(failed, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrNoNode, errors.Join(failed...))
}

func (d *dialer) token() string { return d.chosen.token }
