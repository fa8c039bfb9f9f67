# FVM: `make` builds everything into build/; `make demo` shows it; `make check` is what CI runs.
MAKEFLAGS += --no-builtin-rules
SHELL     := /bin/bash
B         := build
CC        ?= cc
ifeq ($(origin CC),default)
CC        := gcc
endif
CLANG     ?= clang
MINGW     ?= x86_64-w64-mingw32-gcc
VERSION   := $(shell sed -n 's/^\#\# \([0-9][0-9.]*\).*/\1/p' CHANGELOG.md 2>/dev/null | head -1)

WARN      := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wmissing-prototypes -Wstrict-prototypes -Werror -Wno-format-truncation
BASEFLAGS := -std=gnu11 -g -Isrc $(WARN)
CFLAGS    ?= -O2
HARDEN    := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
SAN       := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINUX     := -D_GNU_SOURCE -DFVM_VERSION='"$(VERSION)"'
PREFIX    ?= /usr/local

CORE_SRC   := $(wildcard src/core/*.c)
STORE_SRC  := $(wildcard src/store/*.c)
LAUNCH_SRC := $(wildcard src/launcher/*.c)
CLI_SRC    := $(wildcard src/cli/*.c src/cli/linux/*.c)
GUEST_SO   := $(wildcard src/guest/unix/*.c)
GUEST_PE   := $(wildcard src/guest/pe/*.c)
UNIT_SRC   := $(wildcard tests/unit/*_test.c)
FUZZ_SRC   := $(wildcard fuzz/*_fuzz.c)
PE_HEADERS := $(wildcard src/engine/*.h src/rooms/*.h src/rooms/*/*.h src/launcher/win/*.h src/cli/win/*.h src/store/win/*.h)
HEADERS    := $(filter-out $(PE_HEADERS),$(wildcard src/*/*.h src/cli/linux/*.h tests/harness/*.h))

obj = $(patsubst %.c,$(B)/$(1)/%.o,$(2))

FVM_OBJ    := $(call obj,obj,$(CORE_SRC) $(STORE_SRC) $(LAUNCH_SRC) $(CLI_SRC))
UNIT_BIN   := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(UNIT_SRC))
UNIT_EXE   := $(patsubst tests/unit/%.c,$(B)/tests/unit/%.exe,$(filter-out tests/unit/linux_%,$(UNIT_SRC)))
FUZZ_BIN   := $(patsubst fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
GUEST_EXE  := $(patsubst src/guest/pe/%.c,$(B)/guest/%.exe,$(filter-out %_dll.c,$(GUEST_PE)))
GUEST_DLL  := $(patsubst src/guest/pe/%_dll.c,$(B)/guest/%.dll,$(filter %_dll.c,$(GUEST_PE)))
PROG_EXE   := $(patsubst tests/programs/%.c,$(B)/tests/programs/%.exe,$(filter-out %_linux.c %_so.c,$(wildcard tests/programs/*.c)))
PROG_ELF   := $(patsubst tests/programs/%_linux.c,$(B)/tests/programs/%_linux,$(wildcard tests/programs/*_linux.c)) \
              $(patsubst tests/programs/%_so.c,$(B)/tests/programs/%.so,$(wildcard tests/programs/*_so.c))

# `make V=1` shows the commands.
ifneq ($(V),1)
.SILENT:
endif
.PHONY: lint-deep check-quick check-surface check-docs all check demo deps clean lint headers format unit unit-pe fuzz check-fuzz check-vm check-nt check-matrix matrix-doc check-nt-ubsan conformance differ check-user check-root check-kernel bench install tests
all: $(B)/fvm $(B)/fvm.exe guest engine

# --- the command -------------------------------------------------------------------------------
$(B)/fvm: $(FVM_OBJ)
	@echo "  LD $@"
	$(CC) $(CFLAGS) -pie -Wl,-z,relro,-z,now -o $@ $^ -lz
$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(CC) $(CFLAGS) $(BASEFLAGS) $(HARDEN) $(LINUX) -MMD -MP -c -o $@ $<

$(B)/obj/src/launcher/seccomp.o: $(B)/gen/filter.h
$(B)/obj/src/launcher/seccomp.o: BASEFLAGS += -I$(B)/gen
$(B)/gen/filter.h: src/launcher/filter/rules.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASEFLAGS) $(LINUX) -o $(B)/gen/make_filter $< -lseccomp
	$(B)/gen/make_filter >$@.new && mv $@.new $@

# --- what FVM puts into a VM: a preloaded library for Wine's Unix side, small Windows programs ------
.PHONY: guest
guest: $(B)/guest/libfvmguest.so $(GUEST_EXE) $(GUEST_DLL) $(addprefix $(B)/guest/,fvm64.dll fvm32.dll fvmstart.exe bcryptprimitives32.dll get-wine32.sh)
# Shared VMs find the engine where sealed ones find the rest.
$(addprefix $(B)/guest/,fvm64.dll fvm32.dll fvmstart.exe): $(B)/guest/%: $(B)/engine/%
	cp $< $@
# What `fvm base add-32bit` calls lies where it finds its guest files.
$(B)/guest/get-wine32.sh: tools/get-wine32.sh
	@mkdir -p $(@D)
	cp $< $@
$(B)/guest/libfvmguest.so: $(GUEST_SO) $(wildcard src/guest/unix/*.h) Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASEFLAGS) $(LINUX) -fPIC -fvisibility=hidden -shared -Wl,-z,now,-z,relro -o $@ $(GUEST_SO)
PEFLAGS := -O2 -std=gnu11 -Isrc $(WARN) -nostdlib -ffreestanding -fno-stack-protector -Wl,--no-insert-timestamp -s
PELIB   := $(wildcard src/guest/pe/lib/*.c)
PEDEPS  := $(PELIB) $(wildcard src/guest/pe/*/*.h src/guest/pe/wineboot/*.c) Makefile
PESRC_wineboot    := $(wildcard src/guest/pe/wineboot/*.c)
PELIBS_fvmdrivers := -ladvapi32
PROGLIBS_probe    := -lws2_32 -liphlpapi -lole32 -lshell32 -luuid -lgdi32
PROGLIBS_window   := -lgdi32
PROGLIBS_net      := -lws2_32 -liphlpapi
PROGLIBS_tone     := -lwinmm
# Wine takes a file as its own builtin only when "Wine builtin DLL" stands behind the DOS header.
PEPOST_wineboot    = $(B)/tools/stamp_builtin $@
DLLTOOL ?= $(MINGW:gcc=dlltool)
NTCRT   := $(B)/guest-lib/libntcrt.a
$(NTCRT): src/guest/pe/lib/ntcrt.def
	@mkdir -p $(@D)
	$(DLLTOOL) -d $< -l $@
$(B)/tools/%: tools/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASEFLAGS) $(LINUX) -o $@ $<
$(B)/guest/wineboot.exe: $(B)/tools/stamp_builtin
$(B)/guest/%.exe: src/guest/pe/%.c $(PEDEPS) $(NTCRT)
	@mkdir -p $(@D)
	$(MINGW) $(PEFLAGS) -mconsole -Wl,--entry,start -o $@ $< $(PESRC_$*) $(PELIB) $(PELIBS_$*) -lkernel32 -lntdll $(NTCRT)
	$(PEPOST_$*)
$(B)/guest/%.dll: src/guest/pe/%_dll.c Makefile $(NTCRT)
	@mkdir -p $(@D)
	$(MINGW) $(PEFLAGS) -shared -Wl,--entry,start -o $@ $< -lkernel32 -lntdll $(NTCRT)
$(B)/guest/bcryptprimitives32.dll: src/guest/pe/bcryptprimitives_dll.c Makefile
	@mkdir -p $(@D)
	$(MINGW32) $(PEFLAGS) -shared -Wl,--entry,_start@12,--kill-at -o $@ $< -lkernel32

# --- the NT engine: no C library, no imports, all that changes in one section -------------------------
ENGINE_CORE := $(addprefix src/core/,block.c fold.c hivelex.c hiveread.c hivetext.c journal.c netaddr.c objname.c pe.c pipename.c regview.c str.c utf.c) $(wildcard src/core/index*.c src/core/ntpath*.c)
ENGINE_SRC  := $(wildcard src/engine/*.c src/rooms/*.c src/rooms/*/*.c) $(ENGINE_CORE)
MINGW32     ?= i686-w64-mingw32-gcc
OBJDUMP     ?= $(MINGW:gcc=objdump)
# Where the engine lies in every process, if it can: then it needs no relocation.
BASE64      := 0x60fd000000
BASE32      := 0x60fd0000
ENGINE_FLAGS := -O2 $(BASEFLAGS) -Wno-array-bounds -ffreestanding -fno-stack-protector -mno-stack-arg-probe
ENGINE_LINK  := -shared -nostdlib -Wl,--no-insert-timestamp,--exclude-all-symbols,--entry,0 -s
.PHONY: engine
engine: $(B)/engine/fvm64.dll $(B)/engine/fvm32.dll $(B)/engine/fvmstart.exe
$(B)/engine64/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $< (engine)"
	$(MINGW) $(ENGINE_FLAGS) $(CFLAGS_ENGINE) -MMD -MP -c -o $@ $<
$(B)/engine32/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $< (engine, 32-bit)"
	$(MINGW32) -march=i686 $(ENGINE_FLAGS) $(CFLAGS_ENGINE) -MMD -MP -c -o $@ $<
$(B)/engine%/src/engine/memory.o: CFLAGS_ENGINE := -fno-tree-loop-distribute-patterns
$(B)/engine/fvm64.dll: $(call obj,engine64,$(ENGINE_SRC))
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(MINGW) $(ENGINE_LINK) -Wl,--image-base,$(BASE64) -o $@ $^
	OBJDUMP=$(OBJDUMP) tools/check-engine.sh $@
$(B)/engine/fvm32.dll: $(call obj,engine32,$(ENGINE_SRC))
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(MINGW32) $(ENGINE_LINK) -Wl,--image-base,$(BASE32) -o $@ $^
	OBJDUMP=$(OBJDUMP) tools/check-engine.sh $@
# The same with UBSan's checks, each of which ends the process where it fails: for check-nt-ubsan.
UBSAN       := -fsanitize=undefined -fsanitize-undefined-trap-on-error
ENGINE_UBSAN := $(addprefix $(B)/engine-ubsan/,fvm64.dll fvmstart.exe)
$(B)/engine64-ubsan/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(MINGW) $(ENGINE_FLAGS) $(CFLAGS_ENGINE) $(UBSAN) -MMD -MP -c -o $@ $<
$(B)/engine64-ubsan/src/engine/memory.o: CFLAGS_ENGINE := -fno-tree-loop-distribute-patterns
$(B)/engine-ubsan/fvm64.dll: $(call obj,engine64-ubsan,$(ENGINE_SRC))
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(MINGW) $(ENGINE_LINK) -Wl,--image-base,$(BASE64) -o $@ $^
	OBJDUMP=$(OBJDUMP) tools/check-engine.sh $@
$(B)/engine-ubsan/fvmstart.exe: $(B)/engine/fvmstart.exe
	@mkdir -p $(@D)
	cp $< $@
START_SRC := $(wildcard src/launcher/win/*.c) $(addprefix src/engine/,child_x64.c image.c inject.c real.c stub.c stub_x64.c) $(addprefix src/core/,block.c error.c fold.c fold_name.c glob.c hivelex.c hivetext.c journal.c journal_replay.c objname.c pipename.c str.c text.c utf.c utf_text.c) $(wildcard src/core/index*.c src/core/reg*.c) src/store/noise.c
$(B)/engine/fvmstart.exe: $(call obj,start64,$(START_SRC))
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(MINGW) -municode -static -o $@ $^
$(B)/start64/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(MINGW) -O2 $(BASEFLAGS) -D__USE_MINGW_ANSI_STDIO=1 -MMD -MP -c -o $@ $<

# --- the command for Windows: the same grammar, shared VMs on the Windows it runs in ------------------
WIN_STORE := $(addprefix src/store/,lists.c noise.c pick.c rename_pairs.c tree_decide.c) $(wildcard src/store/win/*.c)
WIN_SRC   := $(wildcard src/cli/*.c src/cli/win/*.c) $(WIN_STORE) $(filter-out %/fvmstart.c,$(wildcard src/launcher/win/*.c)) \
             $(addprefix src/engine/,child_x64.c image.c inject.c real.c stub.c stub_x64.c) $(CORE_SRC)
# Trees of a VM's are as deep as its programs made them.
$(B)/fvm.exe: $(call obj,win64,$(WIN_SRC))
	@echo "  LD $@"
	$(MINGW) -municode -static -s -Wl,--stack,67108864,--no-insert-timestamp -o $@ $^ -lntdll
$(B)/win64/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(MINGW) -O2 $(BASEFLAGS) -D__USE_MINGW_ANSI_STDIO=1 -DFVM_VERSION='"$(VERSION)"' -MMD -MP -c -o $@ $<

# --- tests ----------------------------------------------------------------------------------------
CORE_SAN := $(call obj,san,$(CORE_SRC) $(STORE_SRC) src/cli/linux/folders.c tests/harness/tap.c)
CORE_PE  := $(call obj,pe,$(CORE_SRC) tests/harness/tap.c)
$(B)/san/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(SAN) $(BASEFLAGS) $(LINUX) -Itests/harness -MMD -MP -c -o $@ $<
$(B)/pe/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(MINGW) -O1 -fsanitize=undefined -fsanitize-undefined-trap-on-error $(BASEFLAGS) -D__USE_MINGW_ANSI_STDIO=1 -Itests/harness -MMD -MP -c -o $@ $<
$(B)/tests/unit/%: $(B)/san/tests/unit/%.o $(CORE_SAN)
	@mkdir -p $(@D)
	$(CC) $(SAN) -o $@ $^
$(B)/tests/unit/%.exe: $(B)/pe/tests/unit/%.o $(CORE_PE)
	@mkdir -p $(@D)
	$(MINGW) -static -o $@ $^
# X.c and, if it is long, X/*.c; X_linux.c and X_linux/*.c
PROGDEPS := $(wildcard tests/programs/*.h tests/programs/*/*.[ch]) Makefile
$(B)/tests/programs/%.exe: tests/programs/%.c $(PROGDEPS)
	@mkdir -p $(@D)
	$(MINGW) -O2 -std=gnu11 -Wall -Wextra -Werror -municode -static -o $@ $< $(wildcard tests/programs/$*/*.c) $(PROGLIBS_$*)
# The same checks as a 32-bit program.
$(B)/tests/programs/probe32.exe: tests/programs/probe.c $(PROGDEPS)
	@mkdir -p $(@D)
	$(MINGW32) -O2 -std=gnu11 -Wall -Wextra -Werror -municode -static -o $@ $< $(wildcard tests/programs/probe/*.c) $(PROGLIBS_probe)
$(B)/tests/programs/%_linux: tests/programs/%_linux.c $(PROGDEPS)
	@mkdir -p $(@D)
	$(CC) -O2 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -static -o $@ $< $(wildcard tests/programs/$*_linux/*.c)
$(B)/tests/programs/%.so: tests/programs/%_so.c Makefile
	@mkdir -p $(@D)
	$(CC) -O2 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fPIC -fno-stack-protector -shared -Wl,-z,now -o $@ $<
# tests/nt/X.c and tests/nt/X/*.c
NT_LIBS := -lrpcrt4 -lole32 -luuid -lws2_32 -lntdll
NT_EXE := $(patsubst tests/nt/%.c,$(B)/tests/nt/%.exe,$(wildcard tests/nt/*.c))
$(B)/tests/nt/%.exe: tests/nt/%.c $(wildcard tests/nt/*.h tests/nt/*/*.[ch]) Makefile
	@mkdir -p $(@D)
	$(MINGW) -O2 -std=gnu11 -Wall -Wextra -Werror -municode -static -Isrc -o $@ $< $(wildcard tests/nt/$*/*.c) $(NT_LIBS)
# The same for 32 bits, and one that says it is ntdll.dll.
# ops.c counts by Linux system calls, as 64-bit code.
NT_EXE32 := $(patsubst tests/nt/%.c,$(B)/tests/nt32/%.exe,$(filter-out %/ops.c,$(wildcard tests/nt/*.c))) $(B)/tests/nt32/liar/ntdll.dll
NT_BUILD32 = $(MINGW32) -O2 -std=gnu11 -Wall -Wextra -Werror -municode -static -Isrc
$(B)/tests/nt32/%.exe: tests/nt/%.c $(wildcard tests/nt/*.h tests/nt/*/*.[ch]) Makefile
	@mkdir -p $(@D)
	$(NT_BUILD32) -o $@ $< $(wildcard tests/nt/$*/*.c) $(NT_LIBS)
$(B)/tests/nt32/liar/ntdll.dll: tests/nt/nest.c Makefile
	@mkdir -p $(@D)
	$(NT_BUILD32) -DLIAR -o $@ $< -lntdll
$(B)/tests/nt/stubs.exe $(B)/tests/nt32/stubs.exe: $(wildcard src/engine/stub*)
tests: $(NT_EXE) $(NT_EXE32) $(UNIT_BIN) $(UNIT_EXE) $(PROG_EXE) $(B)/tests/programs/probe32.exe $(PROG_ELF) $(FUZZ_BIN)

unit: $(UNIT_BIN)
	prove --exec '' $(UNIT_BIN)
unit-pe: $(UNIT_EXE)
	tests/under-wine.sh $(UNIT_EXE)
FUZZ_CORE := $(CORE_SRC)
$(B)/fuzz/%: fuzz/%.c fuzz/driver.c $(CORE_SAN)
	@mkdir -p $(@D)
	$(CC) $(SAN) $(BASEFLAGS) $(LINUX) -o $@ $< fuzz/driver.c $(filter-out %/tap.o,$(CORE_SAN))
# make fuzz T=reg SECONDS=60: coverage-guided, new inputs are kept in build/fuzz/corpus
fuzz:
	@mkdir -p $(B)/fuzz/corpus/$(T)
	$(CLANG) -O1 -g -fsanitize=fuzzer,address,undefined -std=gnu11 -Isrc $(LINUX) -o $(B)/fuzz/$(T)_libfuzzer fuzz/$(T)_fuzz.c $(CORE_SRC)
	$(B)/fuzz/$(T)_libfuzzer -max_total_time=$(or $(SECONDS),60) $(B)/fuzz/corpus/$(T) fuzz/corpora/$(T)
check-fuzz: $(FUZZ_BIN)
	@for f in $(FUZZ_BIN); do n=$$(basename $$f _fuzz); echo "replay $$n"; $$f fuzz/corpora/$$n/* || exit 1; done

# --- the two commands of a newcomer, and what CI runs ------------------------------------------------
# Packages first, in a make of its own: the rest of this file then finds compilers and libraries.
demo:
	tools/install-deps.sh run build npm
	+$(MAKE) -j$$(nproc) all
	tools/get-test-programs.sh
	tools/demo.sh
deps:
	tools/install-deps.sh run build test
	tools/get-test-programs.sh
	tools/get-wine32.sh
check: deps
	+$(MAKE) -j2 all tests
	+$(MAKE) headers check-docs check-surface
# One looks and works, the other waits more than it works, in two Windows at a time.
	+FVM_MUST_RUN=1 FVM_AGAIN=1 FVM_NT_JOBS=2 $(MAKE) -j2 --output-sync=target check-nt check-quick
	+FVM_MUST_RUN=1 FVM_AGAIN=1 FVM_JOBS=2 $(MAKE) -j2 --output-sync=target check-user check-root
	@echo "make check: everything passed"
check-quick:
	+$(MAKE) -j1 lint unit unit-pe check-fuzz
check-user:
	tests/vm/run.sh user
check-nt: engine $(B)/fvm $(B)/fvm.exe $(NT_EXE) $(NT_EXE32)
	tests/nt/run.sh
# The confinement matrix, a cell a line: what was expected and what was found.
check-matrix: engine $(B)/tests/nt/matrix.exe
	rm -f $(B)/matrix.txt
	FVM_MATRIX_CELLS=$(CURDIR)/$(B)/matrix.txt tests/nt/run.sh matrix.t; rc=$$?; cat $(B)/matrix.txt; exit $$rc
# The page that shows it. Look at what `git diff` then says.
matrix-doc: engine $(B)/tests/nt/matrix.exe
	FVM_MATRIX_DOC=$(CURDIR)/docs/matrix.md tests/nt/run.sh matrix.t
# Files, handles, processes and bad input against an engine that traps undefined behaviour.
check-nt-ubsan: $(ENGINE_UBSAN) $(NT_EXE)
	FVM_ENGINE=$(CURDIR)/$(B)/engine-ubsan tests/nt/run.sh files.t handles.t processes.t faults.t
# A million random calls on files, outside and inside a VM: half an hour. Seeds by FVM_DIFFER_FROM, FVM_DIFFER_TO.
differ: engine $(NT_EXE)
	FVM_DIFFER_FROM=$${FVM_DIFFER_FROM:-1001} FVM_DIFFER_TO=$${FVM_DIFFER_TO:-5000} tests/nt/run.sh differ.t
# Wine's own tests, outside and inside a VM: fetches 90 MB of source once and builds it, then takes half an hour.
conformance: engine
	tools/install-deps.sh run conformance
	tools/get-conformance-tests.sh
	tests/nt/conformance.sh
check-root:
	tests/vm/run.sh root
# What may differ by kernel, under Debian 12's own with control groups of version 2, in an emulator: hours where no /dev/kvm works.
KERNEL_TESTS ?= basic.t limits.t escape.t hostile.t net.t share.t share_escape.t display.t probe.t
check-kernel: all tests
	tests/kernel/run.sh tests/vm/run.sh user $(KERNEL_TESTS)
	tests/kernel/run.sh tests/vm/run.sh root $(KERNEL_TESTS)
bench: all $(addprefix $(B)/tests/nt/,ops.exe services.exe com.exe) $(PROG_EXE)
	tools/install-deps.sh run bench
	tools/get-test-programs.sh
	bench/run.sh
check-surface:
	tools/check-surface.sh
check-docs:
	tools/check-docs.sh
	tools/check-pitfalls.sh

install: all
	install -D -m 755 $(B)/fvm $(DESTDIR)$(PREFIX)/bin/fvm
	install -d $(DESTDIR)$(PREFIX)/lib/fvm $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(wildcard $(B)/guest/*) $(DESTDIR)$(PREFIX)/lib/fvm/
	install -m 644 completion/fvm $(DESTDIR)$(PREFIX)/share/bash-completion/completions/fvm

headers:
	@for h in $(HEADERS); do echo "#include \"$$h\"" | $(CC) -std=gnu11 -D_GNU_SOURCE -Isrc -I. -Wall -Werror -fsyntax-only -x c - || exit 1; done; echo "headers: $(words $(HEADERS)) compile alone"
	@for h in $(PE_HEADERS); do echo "#include \"$$h\"" | $(MINGW) -std=gnu11 -Isrc -I. -Wall -Werror -Wno-attributes -fsyntax-only -x c - || exit 1; done; echo "headers: $(words $(PE_HEADERS)) for Windows too"
lint: $(B)/gen/filter.h
	WARN='$(WARN)' CLANG=$(CLANG) tools/lint.sh
lint-deep: $(B)/gen/filter.h
	NODES=225000 WARN='$(WARN)' CLANG=$(CLANG) tools/lint.sh
format:
	tools/lint.sh format
clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
