# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by scripts/build-repo: what a repository is made of.

ORIGIN=DECNET
ARCHITECTURE=amd64

# make_key NAME: a key that signs and nothing else; prints its fingerprint
make_key() {
  local created
  created=$(gpg --batch --status-fd 1 --pinentry-mode loopback --passphrase '' --quick-generate-key "$1" rsa4096 sign 3y 2>/dev/null |
    sed -n 's/^\[GNUPG:\] KEY_CREATED [PB] \([0-9A-F]*\).*/\1/p')
  [[ -n $created ]] || fail "gpg made no key. See what it says: gpg --quick-generate-key '$1' rsa4096 sign 3y"
  echo "$created"
}

# take_packages REPOSITORY SUITE NUMBER PACKAGE...: copy those that belong to a suite
take_packages() {
  local pool=$1/pool/$2 number=$3 package version
  mkdir -p "$pool"
  shift 3
  for package; do
    version=$(dpkg-deb --field "$package" Version)
    [[ $version == *+deb* && $version != *+deb"$number" ]] || cp "$package" "$pool/"
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
  dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
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

# index REPOSITORY SUITE DAYS
index() {
  local repository=$1 suite=$2 days=$3 folder
  folder=dists/$suite/main/binary-$ARCHITECTURE
  mkdir -p "$repository/$folder"
  (
    cd "$repository" || exit 1
    apt-ftparchive --arch "$ARCHITECTURE" packages "pool/$suite" >"$folder/Packages"
    gzip -9nk --force "$folder/Packages"
    apt-ftparchive -o "APT::FTPArchive::Release::Origin=$ORIGIN" -o "APT::FTPArchive::Release::Label=$ORIGIN" \
      -o APT::FTPArchive::Release::Suite=stable -o "APT::FTPArchive::Release::Codename=$suite" \
      -o "APT::FTPArchive::Release::Architectures=$ARCHITECTURE" -o APT::FTPArchive::Release::Components=main \
      -o "APT::FTPArchive::Release::ValidTime=$((days * 86400))" release "dists/$suite" >Release.new
    mv Release.new "dists/$suite/Release"
  )
}

# sign FOLDER KEY...: InRelease, and Release.gpg for who reads that
sign() {
  local folder=$1 users=() key
  shift
  for key; do users+=(--local-user "$key"); done
  gpg --batch --yes --quiet --pinentry-mode loopback --passphrase '' --digest-algo SHA512 "${users[@]}" \
    --clear-sign --output "$folder/InRelease.new" "$folder/Release"
  gpg --batch --yes --quiet --pinentry-mode loopback --passphrase '' --digest-algo SHA512 "${users[@]}" \
    --detach-sign --armor --output "$folder/Release.gpg" "$folder/Release"
  mv "$folder/InRelease.new" "$folder/InRelease"
}
