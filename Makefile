# mod_luaco: `make help` names the targets.
#
# Objects, the module and the unit tests of one variant (plain, asan, tsan,
# hard) and one Lua lie in a folder of their own under build/out, so that
# builds with different flags never mix.  Every recipe may run in parallel.

APXS ?= apxs
LUA ?= lua5.3
PKG_CONFIG ?= pkg-config
VARIANT ?= plain
# A test file or folder, or several: make test T=t/api/thread.t
T ?=
# More for t/TEST.PL: --shuffle, --verbose
TEST_OPTIONS ?=
MPM ?= event
PORT ?= 8080
# Options of bench/run.
BENCH ?=
# Seconds for each fuzz target.
TIME ?= 60

# V=1 prints whole commands.
ifneq ($(V),1)
say = @echo '  $(1) $@';
endif

OUT := build/out/$(VARIANT)$(patsubst -lua5.3,,-$(LUA))
MODULE := $(OUT)/mod_luaco.so

# What a command says, asked once and only when a recipe needs it: the command
# may not be installed before build/setup has run.
ask = $(eval $(1) := $$(shell $(2)))$($(1))
APXS_CFLAGS = $(call ask,APXS_CFLAGS,$(APXS) -q CFLAGS)
APXS_CPPFLAGS = $(call ask,APXS_CPPFLAGS,$(APXS) -q EXTRA_CPPFLAGS)
APXS_INCLUDE = $(call ask,APXS_INCLUDE,$(APXS) -q INCLUDEDIR)
LIBEXECDIR = $(call ask,LIBEXECDIR,$(APXS) -q LIBEXECDIR)
SYSCONFDIR = $(call ask,SYSCONFDIR,$(APXS) -q SYSCONFDIR)
APR_CONFIG = $(call ask,APR_CONFIG,$(APXS) -q APR_CONFIG)
APU_CONFIG = $(call ask,APU_CONFIG,$(APXS) -q APU_CONFIG)
APR_INCLUDE = $(call ask,APR_INCLUDE,$(APR_CONFIG) --includedir)
APR_CPPFLAGS = $(call ask,APR_CPPFLAGS,$(APR_CONFIG) --cppflags)
APU_INCLUDE = $(call ask,APU_INCLUDE,$(APU_CONFIG) --includedir)
APR_LIBS = $(call ask,APR_LIBS,$(APU_CONFIG) --link-ld && $(APR_CONFIG) --link-ld --libs)
LUA_CFLAGS = $(call ask,LUA_CFLAGS,$(PKG_CONFIG) --cflags $(LUA) | sed 's/-I */-isystem /g')
LUA_LIBS = $(call ask,LUA_LIBS,$(PKG_CONFIG) --libs $(LUA) && echo -lm)
PCRE2_CFLAGS = $(call ask,PCRE2_CFLAGS,$(PKG_CONFIG) --cflags libpcre2-8 | sed 's/-I */-isystem /g')
PCRE2_LIBS = $(call ask,PCRE2_LIBS,$(PKG_CONFIG) --libs libpcre2-8)

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wundef -Wvla -Wwrite-strings -Wpointer-arith \
	-Wformat=2 -Wimplicit-fallthrough -Wnull-dereference -Wconversion \
	-Wsign-conversion
WARN_GCC = -Wlogical-op -Wduplicated-cond -Wjump-misses-init
WARN_CLANG = -Wthread-safety
WARN += $(if $(findstring clang,$(CC)),$(WARN_CLANG),$(WARN_GCC))
ifneq ($(filter 1,$(WERROR))$(filter true,$(CI)),)
# A sanitizer's code makes gcc see paths that are not there.
WARN += $(if $(filter asan tsan,$(VARIANT)),,-Werror)
endif

# Beside Lua: CRC-32.
LIBS = $(PCRE2_LIBS) -lz -lcares -lssl -lcrypto

# Last, so that they win over the optimisation that apxs names.
FLAGS_plain =
FLAGS_asan = -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-DLCO_DEBUG
FLAGS_tsan = -O1 -fno-omit-frame-pointer -fsanitize=thread -DLCO_DEBUG
FLAGS_hard = -O1 -DLCO_DEBUG
FLAGS_onebyte = -O1 -DLCO_DEBUG
FLAGS_valgrind = -O1 -DLCO_DEBUG
FLAGS_analyzer = -fanalyzer
FLAGS_fuzz = -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined -fsanitize=fuzzer-no-link -DLCO_DEBUG
SANITIZE = $(filter -fsanitize=%,$(FLAGS_$(VARIANT)))

COMPILE = $(CC) -std=gnu11 -fPIC -fvisibility=hidden -pthread $(APXS_CFLAGS) \
	$(WARN) -Isrc -isystem $(APXS_INCLUDE) -isystem $(APR_INCLUDE) \
	-isystem $(APU_INCLUDE) $(LUA_CFLAGS) $(PCRE2_CFLAGS) $(APXS_CPPFLAGS) \
	$(APR_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) $(FLAGS_$(VARIANT))

SRC := $(wildcard src/*/*.c)
OBJ := $(SRC:%.c=$(OUT)/%.o)
# A test is a file of t/unit with a main(), linked with what it needs of ours.
UNIT_SRC := $(wildcard t/unit/*.c)
UNIT := $(UNIT_SRC:t/unit/%.c=$(OUT)/unit/%)
# A fuzz target is a file of t/fuzz, linked the same way.
FUZZ_SRC := $(wildcard t/fuzz/*.c)
FUZZ := $(FUZZ_SRC:t/fuzz/%.c=$(OUT)/fuzz/%)
# httpd modules that the tests load beside ours, and C modules of Lua, one of each
# file.
TESTMOD_SRC := $(wildcard t/c-modules/*.c)
TESTMOD := $(TESTMOD_SRC:t/c-modules/%.c=$(OUT)/testmod/mod_%.so)
# What tests preload into servers of their own, one of each file.
PRELOADED := $(patsubst t/%.c,$(OUT)/%.so,$(wildcard t/preload/*.c))

.PHONY: all
all: module

## make            builds mod_luaco.so under build/out/plain
.PHONY: module
module: $(MODULE)

$(MODULE): $(OUT)/mod_luaco.o $(OBJ)
	$(call say,LD)$(CC) -shared -pthread $(SANITIZE) -Wl,-z,relro $(LDFLAGS) -o $@ $^ \
		$(LUA_LIBS) $(LIBS)

$(OUT)/libluaco.a: $(OBJ)
	@mkdir -p $(@D) && rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

.PHONY: unit-programs
unit-programs: $(UNIT)

$(UNIT): $(OUT)/unit/%: $(OUT)/t/unit/%.o $(OUT)/libluaco.a
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -pthread $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LUA_LIBS) $(LIBS) $(APR_LIBS)

.PHONY: fuzz-programs
fuzz-programs: $(FUZZ)

$(FUZZ): $(OUT)/fuzz/%: $(OUT)/t/fuzz/%.o $(OUT)/libluaco.a
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -pthread -fsanitize=fuzzer,address,undefined $(LDFLAGS) \
		-o $@ $^ $(LUA_LIBS) $(LIBS) $(APR_LIBS)

.PHONY: test-modules
test-modules: $(TESTMOD) $(PRELOADED)

$(TESTMOD): $(OUT)/testmod/mod_%.so: $(OUT)/t/c-modules/%.o
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -shared -pthread $(SANITIZE) $(LDFLAGS) -o $@ $^ -lssl -lcrypto

$(PRELOADED): $(OUT)/preload/%.so: t/preload/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) -fvisibility=default -shared -o $@ $<

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -MMD -MP -c -o $@ $<

# Rewritten when the command that compiles has changed: all objects are of one
# set of flags.
$(OUT)/flags: force
	@command -v $(APXS) >/dev/null && $(PKG_CONFIG) --exists $(LUA) libpcre2-8 || \
		{ echo "Missing: $(APXS), $(LUA) or PCRE2; run: build/setup build $(LUA)"; \
		exit 2; }
	@mkdir -p $(@D)
	@echo '$(COMPILE)' | cmp -s - $@ || echo '$(COMPILE)' >$@

.PHONY: force
force:

-include $(OBJ:.o=.d) $(OUT)/mod_luaco.d $(UNIT_SRC:%.c=$(OUT)/%.d) \
	$(TESTMOD_SRC:%.c=$(OUT)/%.d) $(FUZZ_SRC:%.c=$(OUT)/%.d) \
	$(OUT)/bench/mod_bench_null.d

# What the test runner and the scripts want to know.
export LUACO_OUT = $(abspath $(OUT))
export LUACO_VARIANT = $(VARIANT)
export LUACO_LUA = $(LUA)
export APXS CC
# With all processors, unless the caller has said how many.
sub = $(MAKE) --no-print-directory \
	$(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

## make run        sets up, builds, runs the example site (PORT=8080)
.PHONY: run
run:
	@build/setup build $(LUA)
	@+$(sub) module
	@exec build/run-example '$(PORT)'

## make test       sets up, builds, runs all tests (T=FILE, MPM=prefork)
#                  files, folders; TEST_OPTIONS=--verbose shows each test
.PHONY: test
test:
	@build/setup build $(LUA) test
	@+$(sub) run-variant

## make unit       the unit tests alone, no httpd
.PHONY: unit
unit:
	@build/setup build $(LUA)
	@+$(sub) unit-programs
	@build/run-tests --only-unit

## make asan       the tests with address and undefined behaviour sanitizer
## make tsan       the tests with the thread sanitizer
.PHONY: asan tsan
asan tsan:
	@build/setup build $(LUA) test
	@+$(sub) VARIANT=$@ run-variant

## make onebyte    the tests of cosockets, each read and write moving one byte
.PHONY: onebyte
onebyte:
	@build/setup build $(LUA) test
	@+$(sub) VARIANT=onebyte run-variant

## make hardlua    unit, scheduler and tagged tests on a Lua that checks itself
.PHONY: hardlua
hardlua:
	@build/setup build lua5.3 test hardlua
	@build/hardlua build/out/hardlua
	@+$(sub) VARIANT=hard LUA=lua5.3 run-variant

## make stress     shared dictionaries, processes killed at random (TIME=600)
#                  SEED=N: from there
.PHONY: stress
stress: TIME = 600
stress:
	@build/setup build $(LUA)
	@+$(sub) unit-programs
	@$(OUT)/unit/test_shdict_stress '$(TIME)' $(SEED)

## make fuzz       the fuzz targets, each a minute (T=escape, TIME=600)
## make fuzz-replay   their corpora again and a fixed number of runs
.PHONY: fuzz fuzz-replay
fuzz fuzz-replay:
	@build/setup build $(LUA) fuzz
	@+$(sub) VARIANT=fuzz CC=clang run-$@

.PHONY: run-fuzz run-fuzz-replay
run-fuzz: fuzz-programs
	@TIME='$(TIME)' build/fuzz run $(T)

run-fuzz-replay: fuzz-programs
	@build/fuzz replay $(T)

# For tools that want to compile as we do.
.PHONY: flags
flags:
	@echo '$(wordlist 2,999,$(COMPILE))'

# Preloaded: beside the thread sanitizer's runtime, or to cut what sockets move.
PRELOAD = $(if $(filter tsan onebyte,$(VARIANT)),$(OUT)/preload.so)
$(OUT)/preload.so: build/$(VARIANT).c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) -fvisibility=default -shared -o $@ $<

.PHONY: run-variant
run-variant: module unit-programs test-modules \
		$(PRELOAD)
	@build/run-tests --mpm='$(MPM)' $(TEST_OPTIONS) $(T)

## make lint       format, warnings of gcc and clang, static analysis, layers
.PHONY: lint
lint:
	@build/setup build $(LUA) test lint
	@build/lint

## make check-layers   only: does a folder include what is above it?
.PHONY: check-layers
check-layers:
	@build/check-layers

## make compare    Lua scripts on this module and on nginx, results compared
.PHONY: compare
compare:
	@build/setup build $(LUA) test compare
	@+$(sub) module
	@t/compare/run $(T)

## make bench      C handler, mod_lua, nginx, this module (BENCH=--quick)
.PHONY: bench
bench:
	@build/setup build $(LUA) bench
	@+$(sub) module bench-modules
	@bench/run $(BENCH)

# The C handler that the bench compares with.
.PHONY: bench-modules
bench-modules: $(OUT)/mod_bench_null.so

$(OUT)/mod_bench_null.so: $(OUT)/bench/mod_bench_null.o
	$(call say,LD)$(CC) -shared -pthread $(SANITIZE) $(LDFLAGS) -o $@ $^

## make nightly    valgrind, worker MPM, soak, fuzzing, bench: three hours
#                  parts of it: build/nightly soak worker
.PHONY: nightly
nightly:
	@build/setup build $(LUA) test fuzz nightly bench
	@build/nightly

## make install    into httpd's folders (DESTDIR=, APXS=); a2enmod luaco
.PHONY: install
install: module
	install -d '$(DESTDIR)$(LIBEXECDIR)'
	install -m 644 $(MODULE) '$(DESTDIR)$(LIBEXECDIR)/mod_luaco.so'
	if [ -d '$(SYSCONFDIR)/mods-available' ]; then \
		set -e; \
		dir='$(DESTDIR)$(SYSCONFDIR)/mods-available'; \
		install -d "$$dir"; \
		echo 'LoadModule luaco_module $(LIBEXECDIR)/mod_luaco.so' \
			>"$$dir/luaco.load"; \
		[ -e "$$dir/luaco.conf" ] || \
			install -m 644 build/luaco.conf "$$dir/luaco.conf"; \
	fi

## make uninstall  takes away what install put there
#                  a luaco.conf that was changed stays
.PHONY: uninstall
uninstall:
	rm -f '$(DESTDIR)$(LIBEXECDIR)/mod_luaco.so' \
		'$(DESTDIR)$(SYSCONFDIR)/mods-available/luaco.load' \
		'$(DESTDIR)$(SYSCONFDIR)/mods-enabled/luaco.load' \
		'$(DESTDIR)$(SYSCONFDIR)/mods-enabled/luaco.conf'
	conf='$(DESTDIR)$(SYSCONFDIR)/mods-available/luaco.conf'; \
	if cmp -s build/luaco.conf "$$conf"; then rm -f "$$conf"; fi

## make clean      removes what was built and what tests left
.PHONY: clean
clean:
	rm -rf build/out t/logs t/state t/conf/httpd.conf t/conf/extra.conf \
		t/conf/modules.conf t/conf/topics.conf t/conf/mime.types \
		t/conf/apache_test_config.pm t/conf/ssl t/htdocs/index.html

## make help       this
.PHONY: help
help:
	@sed -n 's/^## //p' Makefile
	@echo "LUA=lua5.4 builds with that Lua, WERROR=1 lets no warning pass, V=1 prints commands"
