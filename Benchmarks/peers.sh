#!/usr/bin/env bash
# Installs what Ergon is compared with, each into an environment of its own under Benchmarks/.peers.
# Nothing else of Ergon needs it, and it changes nothing outside that folder.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p .peers
cd .peers

environment() {
    local name=$1
    shift
    [ -x "$name/bin/python" ] || python3 -m venv "$name"
    "$name/bin/pip" install -q --disable-pip-version-check "$@"
}
environment hyperqueue hyperqueue==0.27.0
environment dask distributed==2026.8.0 cryptography==50.0.2
environment ray ray==2.60.0

# GNU parallel is one program of Debian's; unpacked, it need not be installed.
if [ ! -x parallel/usr/bin/parallel ]; then
    mkdir -p parallel
    (cd parallel && apt-get download -q parallel && dpkg -x parallel_*.deb .)
fi
