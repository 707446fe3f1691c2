# SPDX-License-Identifier: MIT
"""The packages that dpkg knows: name, version, summary."""

_ROWS = """adduser|3.118+deb11u1|add and remove users and groups
apt|2.2.4|commandline package manager
base-files|11.1+deb11u9|Debian base system miscellaneous files
base-passwd|3.5.51|Debian base system master password and group files
bash|5.1-2+deb11u1|GNU Bourne Again SHell
bsdutils|1:2.36.1-8+deb11u1|basic utilities from 4.4BSD-Lite
busybox|1:1.30.1-6+b3|Tiny utilities for small and embedded systems
ca-certificates|20210119|Common CA certificates
coreutils|8.32-4+b1|GNU core utilities
cron|3.0pl1-137|process scheduling daemon
curl|7.74.0-1.3+deb11u11|command line tool for transferring data with URL syntax
dash|0.5.11+git20200708+dd9ef66-5|POSIX-compliant shell
dbus|1.12.28-0+deb11u1|simple interprocess messaging system (daemon and utilities)
debconf|1.5.77|Debian configuration management system
debianutils|4.11.2|Miscellaneous utilities specific to Debian
diffutils|1:3.7-5|File comparison utilities
dmidecode|3.3-2|SMBIOS/DMI table decoder
dpkg|1.20.13|Debian package management system
e2fsprogs|1.46.2-2|ext2/ext3/ext4 file system utilities
file|1:5.39-3+deb11u1|Recognize the type of data in a file using "magic" numbers
findutils|4.8.0-1|utilities for finding files--find, xargs
grep|3.6-1+deb11u1|GNU grep, egrep and fgrep
grub-pc|2.06-3~deb11u6|GRand Unified Bootloader, version 2 (PC/BIOS version)
gzip|1.10-4+deb11u1|GNU compression utilities
hostname|3.23|utility to set/show the host name or domain name
ifupdown|0.8.36|high level tools to configure network interfaces
init|1.60|metapackage ensuring an init system is installed
initramfs-tools|0.140|generic modular initramfs generator (automation)
iproute2|5.10.0-4|networking and traffic control tools
iptables|1.8.7-1|administration tools for packet filtering and NAT
iputils-ping|3:20210202-1|Tools to test the reachability of network hosts
kmod|28-1|tools for managing Linux kernel modules
less|551-2+deb11u2|pager program similar to more
libc6|2.31-13+deb11u8|GNU C Library: Shared libraries
libpam-modules|1.4.0-9+deb11u1|Pluggable Authentication Modules for PAM
libssl1.1|1.1.1w-0+deb11u1|Secure Sockets Layer toolkit - shared libraries
libsystemd0|247.3-7+deb11u4|systemd utility library
linux-image-amd64|5.10.209-2|Linux for 64-bit PCs (meta-package)
login|1:4.8.1-1|system login tools
logrotate|3.18.0-2+deb11u2|Log rotation utility
lsb-base|11.1.0|Linux Standard Base init script functionality
mawk|1.3.4.20200120-2|Pattern scanning and text processing language
mount|2.36.1-8+deb11u1|tools for mounting and manipulating filesystems
nano|5.4-2+deb11u2|small, friendly text editor inspired by Pico
ncurses-bin|6.2+20201114-2+deb11u2|terminal-related programs and man pages
net-tools|1.60+git20181103.0eebece-1|NET-3 networking toolkit
netbase|6.3|Basic TCP/IP networking system
openssh-client|1:8.4p1-5+deb11u3|secure shell (SSH) client, for secure access to remote machines
openssh-server|1:8.4p1-5+deb11u3|secure shell (SSH) server, for secure access from remote machines
openssl|1.1.1w-0+deb11u1|Secure Sockets Layer toolkit - cryptographic utility
passwd|1:4.8.1-1|change and administer password and group data
perl-base|5.32.1-4+deb11u3|minimal Perl system
procps|2:3.3.17-5|/proc file system utilities
python3|3.9.2-3|interactive high-level object-oriented language (default python3 version)
rsync|3.2.3-4+deb11u1|fast, versatile, remote (and local) file-copying tool
rsyslog|8.2102.0-2+deb11u1|reliable system and kernel logging daemon
screen|4.8.0-6|terminal multiplexer with VT100/ANSI terminal emulation
sed|4.7-1|GNU stream editor for filtering/transforming text
sudo|1.9.5p2-3+deb11u1|Provide limited super user privileges to specific users
systemd|247.3-7+deb11u4|system and service manager
sysvinit-utils|2.96-7+deb11u1|System-V-like utilities
tar|1.34+dfsg-1+deb11u1|GNU version of the tar archiving utility
tzdata|2024a-0+deb11u1|time zone and daylight-saving time data
udev|247.3-7+deb11u4|/dev/ and hotplug management daemon
unzip|6.0-26+deb11u1|De-archiver for .zip files
util-linux|2.36.1-8+deb11u1|miscellaneous system utilities
vim-tiny|2:8.2.2434-3+deb11u1|Vi IMproved - enhanced vi editor - compact version
wget|1.21-1+deb11u1|retrieves files from the web
xxd|2:8.2.2434-3+deb11u1|tool to make (or reverse) a hex dump
xz-utils|5.2.5-2.1~deb11u1|XZ-format compression utilities
zlib1g|1:1.2.11.dfsg-2+deb11u2|compression library - runtime"""
PACKAGES = tuple((name, version, summary) for name, version, summary in (row.split("|") for row in _ROWS.split("\n")))
