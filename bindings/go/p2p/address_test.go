package p2p

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// nowhere is an environment that names no node.
func nowhere(t *testing.T) {
	for _, name := range []string{"PEERLINE_URL", "PEERLINE_TOKEN", "PEERLINE_DATA"} {
		t.Setenv(name, "")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAddressesAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]place{
		"unix:/run/p.sock":            {"unix", "/run/p.sock", ""},
		"/run/p.sock":                 {"unix", "/run/p.sock", ""},
		"127.0.0.1:4222":              {"tcp", "127.0.0.1:4222", ""},
		"nats://127.0.0.1":            {"tcp", "127.0.0.1:4222", ""},
		"nats://secret@localhost:999": {"tcp", "localhost:999", "secret"},
		"nats://secret@[::1]:999":     {"tcp", "[::1]:999", "secret"},
	} {
		if got, err := parseAddress(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "unix:", "http://127.0.0.1", "nats://", "nats://%zz"} {
		if got, err := parseAddress(text); err == nil {
			t.Errorf("%q was taken for %v", text, got)
		}
	}
}

func TestWhatIsConfiguredWinsOverTheEnvironmentAndThatOverTheDataDirectory(t *testing.T) {
	nowhere(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "door.token"), "of the file\n")
	write(t, filepath.Join(dir, "run.json"),
		`{"door":"nats://127.0.0.1:4223","socket":"`+dir+`/s","token_file":"`+dir+`/door.token"}`)
	config := &Config{DataDir: dir}
	expect := func(want ...place) {
		t.Helper()
		if got, err := locate(config); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, %v", got, err)
		}
	}
	expect(place{"unix", dir + "/s", "of the file"}, place{"tcp", "127.0.0.1:4223", "of the file"})
	t.Setenv("PEERLINE_TOKEN", "of the environment")
	expect(place{"unix", dir + "/s", "of the environment"}, place{"tcp", "127.0.0.1:4223", "of the environment"})
	t.Setenv("PEERLINE_URL", "127.0.0.1:5000")
	expect(place{"tcp", "127.0.0.1:5000", "of the environment"})
	config.Token = "configured"
	expect(place{"tcp", "127.0.0.1:5000", "configured"})
	config.Address = "nats://own@127.0.0.1:6000"
	expect(place{"tcp", "127.0.0.1:6000", "own"})
}

func TestAMissingNodeIsToldWithWhereItWasLookedFor(t *testing.T) {
	nowhere(t)
	dir := t.TempDir()
	if _, err := locate(&Config{DataDir: dir}); !errors.Is(err, ErrNoNode) {
		t.Error(err)
	}
	write(t, filepath.Join(dir, "run.json"), "not JSON")
	if _, err := locate(&Config{DataDir: dir}); err == nil || errors.Is(err, ErrNoNode) {
		t.Error(err)
	}
}

func TestTheDataDirectoryIsTheOneOfPeerlineRun(t *testing.T) {
	nowhere(t)
	t.Setenv("XDG_STATE_HOME", "/state")
	want := "/state/peerline"
	if os.Geteuid() == 0 {
		want = "/var/lib/peerline"
	}
	if got := dataDir(&Config{}); got != want {
		t.Errorf("%s, not %s", got, want)
	}
	t.Setenv("PEERLINE_DATA", "/data")
	if got := dataDir(&Config{}); got != "/data" {
		t.Error(got)
	}
	if got := dataDir(&Config{DataDir: "/other"}); got != "/other" {
		t.Error(got)
	}
}
