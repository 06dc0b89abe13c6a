# make install [PREFIX=/usr/local] [DESTDIR=]: a stripped binary, completions and the manual page
PREFIX ?= /usr/local
BINARY = .build/release/assay

.PHONY: build test install uninstall

build:
	bin/assay --version

test:
	bin/test

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 -s $(BINARY) $(DESTDIR)$(PREFIX)/bin/assay
	$(BINARY) completions bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/assay
	$(BINARY) completions zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_assay
	$(BINARY) completions fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/assay.fish
	$(BINARY) completions man > $(DESTDIR)$(PREFIX)/share/man/man1/assay.1

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/assay $(DESTDIR)$(PREFIX)/share/man/man1/assay.1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/assay \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_assay \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/assay.fish
