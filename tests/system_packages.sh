#!/bin/sh
# Install what some tests need beyond Python: a PostgreSQL server, Chromium, a Thai font.
# Where that cannot be had, those tests say so and count as skipped; nothing fails here.
set -u

wanted=""
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || wanted="$wanted postgresql"
command -v chromium >/dev/null 2>&1 || wanted="$wanted chromium fonts-thai-tlwg"
[ -z "$wanted" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
    echo "Not installed (needs root and apt-get), the tests that use them are skipped:$wanted"
    exit 0
fi

echo "Installing from Debian:$wanted"
export DEBIAN_FRONTEND=noninteractive
# The tests start a server of their own; Debian shall not start one too.
mkdir -p /etc/postgresql-common
grep -qs '^create_main_cluster' /etc/postgresql-common/createcluster.conf ||
    echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf
# shellcheck disable=SC2086 # a list of package names
apt-get update -qq >/dev/null 2>&1 &&
    apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $wanted >/dev/null 2>&1 ||
    echo "Could not be installed, the tests that use them are skipped:$wanted"
exit 0
