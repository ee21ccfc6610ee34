#!/usr/bin/env bash
# Looks for what tests need besides Python: Chromium, a Chinese font, Pango for PDF, PostgreSQL. As root on Debian or
# Ubuntu it installs what is missing; otherwise it says in one line what to install. Always ends well: tests without them are skipped aloud.
set -euo pipefail

has_chromium() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    # On Ubuntu chromium-browser may be a hollow launcher of a snap, which cannot tell its version.
    if type -P "$name" >/dev/null && "$name" --version --no-sandbox >/dev/null 2>&1; then return 0; fi
  done
  return 1
}
has_chinese_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]; }
# Not everybody has /sbin in the path.
has_pango() {
  local known
  known=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true)
  [[ $known == *libpangoft2-1.0.so* && $known == *libharfbuzz-subset.so* ]]
}
has_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

missing=()
has_chromium || missing+=(chromium)
has_chinese_font || missing+=(fonts-noto-cjk fontconfig)
has_pango || missing+=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
has_postgresql || missing+=(postgresql)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]}" >&2
  log=$(mktemp)
  # One by one: what a distribution lacks must not keep the others away.
  apt-get update -qq </dev/null >"$log" 2>&1 || cat "$log" >&2
  for package in "${missing[@]}"; do
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" </dev/null >"$log" 2>&1 ||
      { tail -n 3 "$log" >&2; echo "could not install $package; the tests that need it will be skipped" >&2; }
  done
  rm -f "$log"
else
  echo "some tests will be skipped; to run them: sudo apt-get install ${missing[*]}" >&2
fi
