# Everything here works from a clean clone on Debian: a target installs the packages that it misses (with sudo unless
# root) and says what it does.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift

SBINDIR := $(DESTDIR)$(PREFIX)/sbin
MANDIR := $(DESTDIR)$(PREFIX)/share/man
BASHDIR := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHDIR := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISHDIR := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
SCHEMADIR := $(DESTDIR)$(PREFIX)/share/swift-xl/schemas
EXAMPLEDIR := $(DESTDIR)$(PREFIX)/share/doc/swift-xl/examples
SERVICEDIR := $(DESTDIR)$(PREFIX)/lib/swift-xl
UNITDIR ?= $(DESTDIR)$(PREFIX)/lib/systemd/system

XENHOST := Tests/XenHost/xenhost

# A program works on every supported release of Xen, whichever one's headers it was compiled with: those that are
# installed here, or, with XEN=4.20, those of a release whose Debian packages are unpacked into a cache.
XEN ?=
# In a folder of its own, so that it is built beside the tests.
PRODUCT := .build/$(if $(XEN),xen-$(XEN)/build,product)
XL := $(if $(XEN),.build/xen-$(XEN)/xl,$(PRODUCT)/release/xl)
XEN_FILES = $(shell scripts/xen-libraries $(XEN))
# The libraries want a newer C library than a build machine may have, and that is the host's matter.
XEN_FLAGS = $(if $(XEN),-Xcc -I$(XEN_FILES)/include -Xswiftc -I$(XEN_FILES)/include -Xlinker -L$(XEN_FILES)/lib \
	-Xlinker --allow-shlib-undefined)
# Swift goes into the binary, so that it runs in a dom0 without Swift; the Xen libraries follow the hypervisor and stay
# shared. At a fixed address the loader has next to nothing to relocate: start is quicker, and pages stay clean.
# The C++ library that Swift's runtime needs and libyajl go in, too, from a directory that has nothing else, and so before
# the shared ones: that is quicker than to load them. Types that are known when this is compiled are made directly: by
# name, each would cost a search through all conformances of the program.
STATIC := .build/static
RELEASE_FLAGS := --scratch-path $(PRODUCT) -c release --product xl --static-swift-stdlib --disable-local-rpath -Xswiftc -L$(STATIC) \
	-Xswiftc -Xclang-linker -Xswiftc -static-libgcc -Xlinker --gc-sections -Xlinker -s -Xlinker -no-pie \
	-Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors
# Each a package of its own, as any program that uses the library. In one folder, where the library is compiled once.
EXAMPLE_BUILD := .build/examples
# The hosts are given out by the tests' own pool, so that all tests start together. A line of the report comes when it is
# true, also through a pipe.
SUITE ?=
HOST_TEST = SWIFT_XL_HOST=1 SWIFT_XL_BINARY=$(XL) SWIFT_XL_EXAMPLES=$(EXAMPLE_BUILD)/debug SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=10000 \
	stdbuf -oL $(SWIFT) test --skip-build --filter 'HostTests\.HostTests/$(SUITE)'
DURATIONS := Tests/HostTests/Records/durations.tsv

# How long `make fuzz` feeds each parser.
SECONDS ?= 60

# The program's, for which scripts/debian-changelog looks at CHANGELOG.md, too. A Debian package may get another one.
VERSION := $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/XenToolstack/Toolstack.swift)
DEB_VERSION ?= $(VERSION)-1
DEB_STAGE := .build/deb

MAN_PAGES := $(wildcard man/*.[1-8])
EXAMPLE_PACKAGES := $(patsubst examples/%/Package.swift,%,$(wildcard examples/*/Package.swift))
EXAMPLES := $(filter-out %.png examples/demo $(EXAMPLE_PACKAGES:%=examples/%),$(wildcard examples/*))
SCRIPTS := $(XENHOST) Tests/XenHost/image/rootfs Tests/XenHost/image/initramfs scripts/install-packages scripts/host-shell \
	scripts/xen-libraries scripts/check-headers scripts/docs-site scripts/debian-changelog systemd/guests completions/words debian/swift-xl.preinst debian/swift-xl.postrm Tests/Package/life Tests/Package/steps .ci/run Tests/Fuzz/fuzz Tests/HostTests/Support/merge-durations $(wildcard examples/demo Benchmarks/bench Benchmarks/measure Benchmarks/measure-migration)

.PHONY: help demo test test-full quick record unit host-test fuzz release install uninstall deb deb-test bench lint docs host-shell \
	clean build-packages packages builds tests host-image newer-host-image headers example-packages docs-site

help:
	@echo 'make demo        create a PV and a PVH guest on a real Xen host, watch them, and destroy them'
	@echo 'make test        unit tests, and host tests that touch every command and device'
	@echo "make test-full   unit tests, and every host test with its whole matrix; upstream's xl is asked anew"
	@echo 'make quick       format, unit tests, and one guest of each kind on a host'
	@echo 'make unit        the tests that need no Xen'
	@echo 'make host-test   the host tests alone; SUITE=Creation for one suite'
	@echo "make record      asks upstream's xl anew what host tests compare with, and notes how long they take; SUITE=…"
	@echo 'make fuzz        random inputs for every parser, SECONDS=$(SECONDS) for each'
	@echo 'make release     $(XL), Swift linked statically; XEN=4.20 builds with the headers of that release of Xen'
	@echo 'make example-packages  the programs in examples that use the library'
	@echo "make headers     compares what is relied upon of Xen's interface with the headers of other releases"
	@echo 'make install     the command, its manual, completions, schemas, examples and unit, under PREFIX ($(PREFIX)) and DESTDIR'
	@echo 'make uninstall   what install put there'
	@echo 'make deb         a package for Debian 12 and 13 that stands in for the xl of xen-utils'
	@echo 'make deb-test    its life on test hosts: installed, used, upgraded, removed, purged; SUITE=bookworm for one'
	@echo "make bench       this xl and upstream's on one host, side by side"
	@echo 'make lint        format and shell checks'
	@echo 'make docs        the manual and completions, from the tables of commands and keys'
	@echo "make docs-site   the library's documentation as a web site, in .build/docs-site"
	@echo 'make host-shell  a shell in a fresh test host, with this xl in it as xl-ours'
	@echo 'make clean       drop what was built here; the image of the test host stays in its cache'

build-packages:
	@scripts/install-packages $(if $(XEN),,libxen-dev) libyajl-dev

packages: build-packages
	@$(XENHOST) packages

host-image:
	@$(XENHOST) build

# On which a part of the host tests runs, with one processor each.
newer-host-image:
	@XENHOST_SUITE=trixie XENHOST_CPUS=1 $(XENHOST) build

headers: build-packages
	@scripts/check-headers

demo: release host-image
	@examples/demo $(XL)

# Long things that need nothing of each other.
builds: packages
	@$(MAKE) --no-print-directory -j6 release tests example-packages host-image newer-host-image headers

# Unit tests have deadlines of their own, and so do not run beside the builds.
test: builds unit host-test

test-full: builds unit
	@$(MAKE) --no-print-directory host-test SWIFT_XL_FULL=1

quick: lint builds unit
	@$(MAKE) --no-print-directory host-test SUITE=Ground

record: builds
	@rm -f .build/durations.tsv
	@SWIFT_XL_ORACLE=record SWIFT_XL_DURATIONS=$(CURDIR)/.build/durations.tsv $(HOST_TEST)
	@mkdir -p $(dir $(DURATIONS))
	@Tests/HostTests/Support/merge-durations .build/durations.tsv $(DURATIONS)

tests: build-packages
	@echo 'Building the tests'
	@$(SWIFT) build --build-tests

# Those that compute for long come after the rest, whose deadlines they would use up.
unit: tests
	@echo 'Unit tests'
	@$(SWIFT) test --skip-build --skip HostTests --skip FuzzTests --skip FaultTests
	@$(SWIFT) test --skip-build --filter 'FuzzTests|FaultTests'

host-test: tests release example-packages host-image newer-host-image
	@echo 'Host tests: this xl beside the one of upstream, on real Xen hosts'
	@SWIFT_XL_FULL=$(SWIFT_XL_FULL) $(HOST_TEST)

# The plan of one package is not that of the other, which a cached one would stand for.
example-packages: build-packages
	@echo 'Building $(EXAMPLE_PACKAGES)'
	@for package in $(EXAMPLE_PACKAGES); do \
		$(SWIFT) build --package-path examples/$$package --scratch-path $(EXAMPLE_BUILD) --static-swift-stdlib \
			--disable-build-manifest-caching --disable-index-store -debug-info-format none || exit 1; \
	done

fuzz: build-packages
	@echo 'Random inputs, $(SECONDS) s for each parser'
	@Tests/Fuzz/fuzz $(SECONDS)

release: build-packages
	@echo 'Building $(XL)'
	@mkdir -p $(STATIC)
	@ln -sf "$$(gcc -print-file-name=libstdc++.a)" $(STATIC)/
	@ln -sf "$$(gcc -print-file-name=libyajl_s.a)" $(STATIC)/libyajl.a
	@$(if $(XEN),scripts/xen-libraries $(XEN) > /dev/null)
	@$(SWIFT) build $(XEN_FLAGS) $(RELEASE_FLAGS)
	@$(if $(XEN),ln -f $(PRODUCT)/release/xl $(XL))

# Text that names what is installed beside it: install-text FROM,TO.
install-text = install -D -m 644 $(1) $(2) && sed -i 's,/usr/lib/swift-xl,$(PREFIX)/lib/swift-xl,g' $(2)

# `make release install` builds as you; `sudo make install` then only copies.
install:
	@test -x $(XL) || { echo 'There is no $(XL) yet: make release' >&2; exit 1; }
	@echo 'Installing into $(DESTDIR)$(PREFIX)'
	@install -D -m 755 $(XL) $(SBINDIR)/xl
	@for page in $(MAN_PAGES); do install -D -m 644 $$page $(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; done
	@$(call install-text,completions/xl.bash,$(BASHDIR)/xl)
	@$(call install-text,completions/_xl,$(ZSHDIR)/_xl)
	@$(call install-text,completions/xl.fish,$(FISHDIR)/xl.fish)
	@install -D -m 644 -t $(SCHEMADIR) schemas/*
	@install -D -m 644 -t $(EXAMPLEDIR) $(EXAMPLES)
	@install -D -m 755 -t $(SERVICEDIR) systemd/guests completions/words
	@$(call install-text,systemd/xl-guests.service,$(UNITDIR)/xl-guests.service)

uninstall:
	@echo 'Removing from $(DESTDIR)$(PREFIX)'
	@rm -f $(SBINDIR)/xl $(BASHDIR)/xl $(ZSHDIR)/_xl $(FISHDIR)/xl.fish $(UNITDIR)/xl-guests.service
	@rm -rf $(dir $(SCHEMADIR)) $(dir $(EXAMPLEDIR)) $(SERVICEDIR)
	@for page in $(MAN_PAGES); do rm -f $(MANDIR)/man$${page##*.}/$${page##*/}; done

# Without root, from what `make release` has built.
deb: release
	@scripts/install-packages debhelper
	@rm -rf $(DEB_STAGE)
	@mkdir -p $(DEB_STAGE)
	@cp -r debian $(DEB_STAGE)/
	@scripts/debian-changelog $(DEB_VERSION) > $(DEB_STAGE)/debian/changelog
	@cd $(DEB_STAGE) && DEB_RULES_REQUIRES_ROOT=no debian/rules binary SOURCE=$(CURDIR) OUT=$(CURDIR)/.build XL=$(abspath $(XL)) > build.log 2>&1 \
		|| { cat build.log >&2; exit 1; }
	@ls .build/swift-xl_$(DEB_VERSION)_*.deb

deb-test: deb packages
	@Tests/Package/life .build/swift-xl_$(DEB_VERSION)_amd64.deb $(SUITE)

bench: release host-image
	@Benchmarks/bench $(XL)

lint:
	@scripts/install-packages shellcheck
	@$(SWIFT) format lint --strict -r Sources Tests examples Package.swift
	@shellcheck -x -P SCRIPTDIR -S warning $(SCRIPTS)
	@shellcheck -s dash Tests/XenHost/image/init Tests/XenHost/image/guests/init

# Written into the repository; the unit tests compare.
docs: build-packages
	SWIFT_XL_UPDATE_GENERATED=1 $(SWIFT) test --filter GeneratedFiles

docs-site: build-packages
	@scripts/install-packages jq
	@$(SWIFT) build --target XenToolstack
	@SWIFT=$(SWIFT) scripts/docs-site .build/docs-site

host-shell: host-image
	@scripts/host-shell $(XL)

clean:
	@rm -rf .build
	@echo "Dropped .build. Images of the test host stay in $${XDG_CACHE_HOME:-$$HOME/.cache}/swift-xl"
