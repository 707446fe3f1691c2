# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by the scripts that build packages: a Debian of each suite, made once and kept outside the checkout, and a way to run
# something in a throw-away copy of it that has no network.

CACHE=${XDG_CACHE_HOME:-${HOME:-~}/.cache}/decnet
BASES=$CACHE/bases
DEBIAN_OF_SUITE=(bookworm:12 trixie:13)

# number_of SUITE: the Debian version of a suite
number_of() {
  local entry
  for entry in "${DEBIAN_OF_SUITE[@]}"; do
    [[ ${entry%%:*} != "$1" ]] || { echo "${entry#*:}" && return 0; }
  done
  fail "There is no suite \"$1\"; there are: $(printf '%s ' "${DEBIAN_OF_SUITE[@]%%:*}")"
}

# build_packages: what a package is built from, as debian/control says, and what looks at the result
build_packages() {
  sed -n '/^Build-Depends:/,/^[^ ]/{s/^ \([a-z0-9.+-]*\).*/\1/p}' debian/control | sed '/^debhelper-compat$/d;/^dh-sequence-/d'
  printf '%s\n' build-essential debhelper fakeroot gettext lintian apt-utils
}

# base_of SUITE: print the folder of the suite's base, and make it where it is missing or was made of other packages
base_of() {
  local packages base
  packages=$(build_packages | sort -u | paste -sd ,)
  base=$BASES/$1-$(sha256sum <<<"$packages" | cut -c 1-12)
  if [[ ! -d $base ]]; then
    mkdir -p "$BASES"
    {
      flock 8
      [[ -d $base ]] || make_base "$1" "$base" "$packages"
    } 8<"$BASES"
  fi
  echo "$base"
}

# make_base SUITE FOLDER PACKAGES: it appears under its name when it is whole
make_base() {
  rm -rf "$2.new"
  timed "a Debian to build on: $1" mmdebstrap --quiet --mode=root --variant=minbase --include="$3" "$1" "$2.new" >&2
  mv "$2.new" "$2"
}

# in_copy BASE WORK COMMAND...: run something as root in a throw-away copy of a base: no network, WORK is /build there, and
# everything that was started or mounted ends with it
in_copy() {
  local base=$1 work=$2
  shift 2
  mkdir -p "$work/upper" "$work/scratch" "$work/root" "$work/build"
  unshare --mount --net --pid --uts --ipc --fork --kill-child --propagation private \
    "$BASH" scripts/lib/enter-copy "$base" "$work" "$@"
}
