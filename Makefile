# The front door. Everything is Meson underneath; these targets only name what people want.
#
#   make            the release program, build/peerline
#   make demo       three nodes, two consumers, real announcements: about half a minute
#   make check      everything that must hold: unit tests, simulations, corpora, real foreign peers
#   make bench      side by side with js-libp2p and go-libp2p (ROW=name for one row)
#   make fuzz       coverage-guided fuzzing with a report (SECONDS=60 a target)
#   make mutants    breaks a rule at a time and expects the named test to notice
#   make install    PREFIX=/usr/local DESTDIR=

PREFIX ?= /usr/local
SECONDS ?= 60
RELEASE := build
DEBUG := build-debug
FUZZ := build-fuzz

.PHONY: all release debug demo check bench fuzz mutants install clean deps

all: release

deps:
	@tools/deps.sh build

release: deps
	@test -f $(RELEASE)/build.ninja || meson setup $(RELEASE) --prefix=$(PREFIX) --buildtype=release \
		-Db_sanitize=none -Dtests=false >$(RELEASE)-setup.log || { cat $(RELEASE)-setup.log; exit 1; }
	@ninja -C $(RELEASE)

debug: deps
	@test -f $(DEBUG)/build.ninja || meson setup $(DEBUG) >$(DEBUG)-setup.log || { cat $(DEBUG)-setup.log; exit 1; }
	@ninja -C $(DEBUG)

demo: release
	@tools/demo.sh $(RELEASE)/peerline

check: debug release
	@tools/deps.sh check
	@tools/check.sh $(DEBUG) $(RELEASE)

bench: release
	@tools/deps.sh check
	@bench/run.sh "$(ROW)"

fuzz:
	@tools/deps.sh fuzz
	@test -f $(FUZZ)/build.ninja || CC=clang meson setup $(FUZZ) -Dfuzz=true >$(FUZZ)-setup.log || { cat $(FUZZ)-setup.log; exit 1; }
	@ninja -C $(FUZZ)
	@tools/fuzz.sh $(FUZZ) $(SECONDS)

mutants: debug
	@tools/mutants.sh $(DEBUG)

install: release
	@meson install -C $(RELEASE) --no-rebuild

clean:
	rm -rf $(RELEASE) $(DEBUG) $(FUZZ) $(RELEASE)-setup.log $(DEBUG)-setup.log $(FUZZ)-setup.log
