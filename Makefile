# The front door. Everything is Meson underneath; these targets only name what people want.
#
#   make            the release program, build/peerline
#   make demo       three nodes, seven consumers, one killed and one frozen: under a minute
#   make check      everything that must hold: unit tests, simulations, corpora, real foreign peers
#   make sim        gossip with a thousand nodes, and under attack, in virtual time (SEED=1, SCENARIO=name)
#   make bench      side by side with js-libp2p, go-libp2p and nats-server (ROW=name for one row)
#   make fuzz       coverage-guided fuzzing with a report (SECONDS=60 a target)
#   make mutants    breaks a rule at a time and expects the named test to notice
#   make install    PREFIX=/usr/local LIBDIR=lib DESTDIR=

PREFIX ?= /usr/local
# Left to itself, Meson guesses by what else is installed, and may pick a place where no linker and no pkg-config looks.
LIBDIR ?= lib
SECONDS ?= 60
RELEASE := build
DEBUG := build-debug
FUZZ := build-fuzz
SIM := build-sim

# Runs Meson once for a build directory; what it says is only of interest when it fails.
configure = test -f $(1)/build.ninja || \
	{ $(2) >$(1)-setup.log 2>&1 && rm $(1)-setup.log; } || { cat $(1)-setup.log; exit 1; }

.PHONY: all release debug demo check sim sim-program bench fuzz mutants install clean deps

all: release

deps:
	@tools/deps.sh build

release: deps
	@$(call configure,$(RELEASE),meson setup $(RELEASE) --prefix=$(PREFIX) --libdir=$(LIBDIR) --buildtype=release -Db_sanitize=none -Dtests=false)
	@ninja -C $(RELEASE)

debug:
	@tools/deps.sh debug
	@$(call configure,$(DEBUG),meson setup $(DEBUG))
	@ninja -C $(DEBUG)

demo: release
	@tools/demo.sh $(RELEASE)/peerline

check:
	@tools/deps.sh check
	@$(MAKE) --no-print-directory debug release sim-program
	@tools/check.sh $(DEBUG) $(RELEASE) $(SIM)

# Optimized, and with everything asserted that is asserted always.
sim-program:
	@tools/deps.sh debug
	@$(call configure,$(SIM),meson setup $(SIM) --buildtype=release -Db_sanitize=none)
	@ninja -C $(SIM) tests/sim/gossip/sim_gossip

sim: sim-program
	@tools/sim.sh $(SIM)/tests/sim/gossip/sim_gossip $(if $(SEED),--seed=$(SEED)) $(SCENARIO)

bench: release
	@tools/deps.sh check
	@bench/run.sh "$(ROW)"

fuzz:
	@tools/deps.sh fuzz
	@$(call configure,$(FUZZ),CC=clang meson setup $(FUZZ) -Dfuzz=true)
	@ninja -C $(FUZZ)
	@tools/fuzz.sh $(FUZZ) $(SECONDS)

mutants:
	@tools/deps.sh mutants
	@tools/mutants.sh

# The places may be others than when the program was built.
install: release
	@meson configure $(RELEASE) --prefix=$(PREFIX) --libdir=$(LIBDIR) && ninja -C $(RELEASE) >/dev/null
	@meson install -C $(RELEASE) --no-rebuild
	@test -n "$(DESTDIR)" || /sbin/ldconfig 2>/dev/null || true

clean:
	rm -rf $(RELEASE) $(DEBUG) $(FUZZ) $(SIM) $(RELEASE)-setup.log $(DEBUG)-setup.log $(FUZZ)-setup.log
