# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by scripts/build-repo: what a repository is made of.

ORIGIN=DECNET
ARCHITECTURE=amd64
INDEX=main/binary-$ARCHITECTURE
# an index that was replaced can be fetched so long: caches between us and a client may hold the InRelease that names it
KEPT_DAYS=7

# make_key NAME: a key that signs and nothing else; prints its fingerprint
make_key() {
  local created
  created=$(gpg --batch --status-fd 1 --pinentry-mode loopback --passphrase '' --quick-generate-key "$1" rsa4096 sign 3y 2>/dev/null |
    sed -n 's/^\[GNUPG:\] KEY_CREATED [PB] \([0-9A-F]*\).*/\1/p')
  [[ -n $created ]] || fail "gpg made no key. See what it says: gpg --quick-generate-key '$1' rsa4096 sign 3y"
  echo "$created"
}

# take_packages REPOSITORY SUITE NUMBER PACKAGE...: copy those that belong to a suite; what was published never changes
take_packages() {
  local pool=$1/pool/$2 number=$3 package version target
  mkdir -p "$pool"
  shift 3
  for package; do
    version=$(dpkg-deb --field "$package" Version)
    [[ $version != *+deb* || $version == *+deb"$number" ]] || continue
    target=$pool/${package##*/}
    if [[ ! -e $target ]]; then
      cp "$package" "$target.new"
      mv "$target.new" "$target"
    elif ! cmp --silent "$package" "$target"; then
      fail "$target was published and is another file than $package. Build that with another version."
    fi
  done
}

# make_keyring_package REPOSITORY SUITE NUMBER URI KEY...: what lets a client trust the repository, and find it; a version that is
# there already stays what it was
make_keyring_package() {
  local repository=$1 suite=$2 number=$3 uri=$4 root version package
  shift 4
  version=$(keyring_version "$repository" "$suite" "$uri" "$@")+deb$number
  package=$repository/pool/$suite/decnet-archive-keyring_${version}_all.deb
  [[ ! -e $package ]] || return 0
  root=$(mktemp --directory --tmpdir decnet-keyring.XXXXXX)
  fill_keyring_package "$root" "$suite" "$uri" "$version" "$@"
  dpkg-deb --root-owner-group -Zxz --build "$root" "$package.new" >/dev/null
  mv "$package.new" "$package"
  rm -rf "$root"
}

# fill_keyring_package ROOT SUITE URI VERSION KEY...
fill_keyring_package() {
  local root=$1 suite=$2 uri=$3 version=$4 documents=$1/usr/share/doc/decnet-archive-keyring
  local overrides=$1/usr/share/lintian/overrides
  shift 4
  mkdir -p "$root/DEBIAN" "$root/usr/share/keyrings" "$root/etc/apt/sources.list.d" "$documents" "$overrides"
  gpg --batch --quiet --export "$@" >"$root/usr/share/keyrings/decnet-archive-keyring.pgp"
  sed "s|@URI@|$uri|; s|@SUITE@|$suite|" debian/archive-keyring/decnet.sources >"$root/etc/apt/sources.list.d/decnet.sources"
  echo /etc/apt/sources.list.d/decnet.sources >"$root/DEBIAN/conffiles"
  sed "s|@VERSION@|$version|" debian/archive-keyring/control >"$root/DEBIAN/control"
  sed "s|@VERSION@|$version|" debian/archive-keyring/changelog | gzip -9n >"$documents/changelog.gz"
  cp debian/copyright "$documents/copyright"
  cp debian/archive-keyring/lintian-overrides "$overrides/decnet-archive-keyring"
  (cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  chmod -R u=rwX,go=rX "$root"
}

# keyring_version REPOSITORY SUITE URI KEY...: the number of times that what it says has changed; the same keys keep the version
keyring_version() {
  local state=$1/keyring.history said
  said="$2 $3 ${*:4}"
  touch "$state"
  [[ $(grep "^$2 " "$state" | tail -n 1) == "$said" ]] || echo "$said" >>"$state"
  grep -c "^$2 " "$state"
}

# last_uri REPOSITORY SUITE: what the keyring package of the last time says
last_uri() {
  local found=
  [[ ! -e $1/keyring.history ]] || found=$(sed -n "s/^$2 \([^ ]*\) .*/\1/p" "$1/keyring.history" | tail -n 1)
  echo "${found:-file:$1}"
}

# index REPOSITORY SUITE DAYS NEXT: what is in the pool, into the folder NEXT
index() {
  local repository=$1 suite=$2 days=$3 next=$4 hashes=()
  rm -rf "$next"
  mkdir -p "$next/$INDEX"
  # the one that by-hash is made of here: apt asks for the strongest that is named
  hashes=(-o APT::FTPArchive::MD5=no -o APT::FTPArchive::SHA1=no -o APT::FTPArchive::SHA512=no)
  (cd "$repository" && apt-ftparchive "${hashes[@]}" --arch "$ARCHITECTURE" packages "pool/$suite") >"$next/$INDEX/Packages"
  gzip -9nk "$next/$INDEX/Packages"
  apt-ftparchive "${hashes[@]}" -o "APT::FTPArchive::Release::Origin=$ORIGIN" -o "APT::FTPArchive::Release::Label=$ORIGIN" \
    -o APT::FTPArchive::Release::Suite=stable -o "APT::FTPArchive::Release::Codename=$suite" \
    -o "APT::FTPArchive::Release::Architectures=$ARCHITECTURE" -o APT::FTPArchive::Release::Components=main \
    -o APT::FTPArchive::Release::Acquire-By-Hash=yes \
    -o "APT::FTPArchive::Release::ValidTime=$((days * 86400))" release "$next" >"$next.release"
  mv "$next.release" "$next/Release"
}

# sign FOLDER KEY...: InRelease, and Release.gpg for who reads that
sign() {
  local folder=$1 users=() key
  shift
  for key; do users+=(--local-user "$key"); done
  gpg --batch --yes --quiet --pinentry-mode loopback --passphrase '' --digest-algo SHA512 "${users[@]}" \
    --clear-sign --output "$folder/InRelease" "$folder/Release"
  gpg --batch --yes --quiet --pinentry-mode loopback --passphrase '' --digest-algo SHA512 "${users[@]}" \
    --detach-sign --armor --output "$folder/Release.gpg" "$folder/Release"
}

# publish NEXT LIVE: first what has a name of its own, by its sum; InRelease, which names it, last. A client that has read the one
# before finds what that names for KEPT_DAYS after it was replaced.
publish() {
  local next=$1 live=$2 sums=$2/$INDEX/by-hash/SHA256 file
  mkdir -p "$sums"
  for file in Packages Packages.gz; do
    [[ ! -e $live/$INDEX/$file ]] || put_by_hash "$live/$INDEX/$file" "$sums"
    put_by_hash "$next/$INDEX/$file" "$sums"
  done
  for file in "$INDEX/Packages" "$INDEX/Packages.gz" Release Release.gpg InRelease; do
    mv "$next/$file" "$live/$file"
  done
  find "$sums" -type f -mtime "+$KEPT_DAYS" -delete
}

# put_by_hash FILE FOLDER: with the time of now, as what lies there long is deleted
put_by_hash() {
  local sum
  sum=$(sha256sum <"$1")
  cp "$1" "$2/.new"
  mv "$2/.new" "$2/${sum%% *}"
}
