# Every target first sets up what it needs; what is there already costs no time.
STACK ?= quickstart
STAGE ?= full
ARGS ?=

# As they were written: neither make nor the shell gets to read names as text of its own.
override STACK := $(value STACK)
override STAGE := $(value STAGE)
export STACK STAGE

export PATH := $(CURDIR)/.guest-farm/toolchain/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export PULUMI_SKIP_UPDATE_CHECK ?= true

STACK_COMMANDS := up preview refresh destroy

.DEFAULT_GOAL := help
.PHONY: help node ready ready-for-tests setup demo $(STACK_COMMANDS) stage image-cache provision-check ping cleanup cleanup-force cleanup-force-disks test test-machines test-farms test-operations test-reliability test-arm64 test-nested fuzz lint bench reseed-helpers clean doctor
# The targets share one checkout, one libvirt and one terminal.
.NOTPARALLEL:

help: ## show this list
	@echo "make TARGET [STACK=quickstart] [ARGS='further arguments']"
	@echo
	@sed -n 's/^\([a-z0-9-]*\):.*## /  \1|/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "%-23s %s\n", $$1, $$2 }'

node:
	@command -v node >/dev/null || { echo "Node is not installed. Install Node 20 or newer (package nodejs), then try again." >&2; exit 1; }

ready: node
	@node toolchain/setup.mjs

ready-for-tests: node
	@node toolchain/setup.mjs --tests

setup: node ## find, download or build all that is needed; REFRESH=1 tries vendors' downloads again
	@node toolchain/setup.mjs --path

demo: ready ## the quickstart from nothing to the cached path, on real guests
	@node toolchain/demo.mjs $(ARGS)

up: ready ## bring a stack up: images, guests, snapshots, phases
preview: ready ## show what `up` would do, and why
refresh: ready ## compare the state with what is there
destroy: ready ## delete a stack's guests and all that was made for them
$(STACK_COMMANDS):
	@exec node toolchain/stack.mjs $@ "$$STACK" $(ARGS)

stage: ready ## run one stage of `up`: STAGE=preflight, image-cache, provision, runtime or full
	@exec env GUEST_FARM_STAGE="$$STAGE" node toolchain/stack.mjs up "$$STACK" $(ARGS)

image-cache: ready ## fetch or build the images of a stack, and do nothing else
	@exec env GUEST_FARM_STAGE=image-cache node toolchain/stack.mjs up "$$STACK" $(ARGS)

provision-check: ready ## check the hypervisors of a stack, and change nothing
	@exec env GUEST_FARM_STAGE=preflight node toolchain/stack.mjs preview "$$STACK" $(ARGS)

ping: ready ## ask every hypervisor and every running guest of a stack whether it answers
	@exec node dist/cli/main.js ping --stack="$$STACK" $(ARGS)

cleanup: ready ## say what `destroy` would remove, and change nothing
	@exec node toolchain/stack.mjs preview-destroy "$$STACK" $(ARGS)

cleanup-force: ready ## destroy; disks of long-lived guests are kept
	@exec node toolchain/stack.mjs destroy "$$STACK" $(ARGS)

cleanup-force-disks: ready ## destroy, with the disks of long-lived guests
	@exec env GUEST_FARM_REMOVE_DISKS=true node toolchain/stack.mjs destroy "$$STACK" $(ARGS)

test: ready-for-tests ## lint, type check and all usual tests; ARGS='unit engine' runs only these suites
	@node test/run.mjs $(ARGS)

test-machines: ready-for-tests ## many kinds of real guests: strategies, firmware, disks, networks, images (about 15 minutes)
	@node test/run.mjs machines

test-farms: ready-for-tests ## the ready stacks and guests of other architectures, on real guests (about 15 minutes)
	@node test/run.mjs farms

test-operations: ready-for-tests ## long-lived guests, stages and clean-up on real guests (at most 15 minutes)
	@node test/run.mjs operations

test-reliability: ready-for-tests ## killed processes and lost links on real guests (at most 20 minutes)
	@node test/run.mjs reliability

test-arm64: ready-for-tests ## Debian on arm64, its image built from packages, on real guests (at most 20 minutes)
	@node test/run.mjs arm64

test-nested: ready-for-tests ## guests in a guest that is a hypervisor (at most 20 minutes)
	@node test/run.mjs nested

fuzz: ready-for-tests ## try readers of files with inputs that somebody changed: SECONDS_OF_FUZZ=60
	@node --require tsx/cjs test/fuzz/main.ts

lint: ready ## lint and type check
	@node test/run.mjs lint typecheck

# For maintainers: needs Debian's compilers for all architectures (docs/decisions/036-fresh-random-numbers.md).
reseed-helpers: ready
	@node --require tsx/cjs toolchain/reseed/write.ts
	@prettier --check --log-level warn connections/guest/reseed/helpers.ts

bench: ready ## measure against hand-written scripts
	@node --require tsx/cjs bench/main.ts $(ARGS)

# Not `ready`: where set-up fails, doctor is to say why.
doctor: node ## check this machine: what, found, wanted, remedy
	@node toolchain/setup.mjs --build
	@node dist/cli/main.js doctor $(ARGS)

clean: ## remove what was built in this checkout (not the state, not the shared cache)
	rm -rf dist node_modules .guest-farm/toolchain *.tgz
