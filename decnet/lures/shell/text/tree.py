# SPDX-License-Identifier: MIT
"""Names of folders, links, libraries and programs of the image."""

FOLDERS = {
    "/boot": 0o755, "/boot/grub": 0o755, "/dev": 0o755, "/dev/pts": 0o755, "/dev/shm": 0o1777, "/dev/disk": 0o755, "/etc": 0o755,
    "/etc/apt/sources.list.d": 0o755, "/etc/cron.d": 0o755, "/etc/cron.daily": 0o755, "/etc/cron.hourly": 0o755,
    "/etc/cron.monthly": 0o755, "/etc/cron.weekly": 0o755, "/etc/default": 0o755, "/etc/init.d": 0o755, "/etc/ld.so.conf.d": 0o755,
    "/etc/network/interfaces.d": 0o755, "/etc/pam.d": 0o755, "/etc/profile.d": 0o755, "/etc/rc2.d": 0o755, "/etc/skel": 0o755,
    "/etc/ssh/sshd_config.d": 0o755, "/etc/ssh/ssh_config.d": 0o755, "/etc/ssl/certs": 0o755, "/etc/ssl/private": 0o710,
    "/etc/sudoers.d": 0o750, "/etc/systemd/system/multi-user.target.wants": 0o755, "/etc/udev/rules.d": 0o755,
    "/etc/logrotate.d": 0o755, "/etc/security": 0o755, "/home": 0o755, "/lost+found": 0o700, "/media": 0o755, "/mnt": 0o755,
    "/opt": 0o755, "/proc": 0o555, "/root": 0o700, "/root/.ssh": 0o700, "/root/.cache": 0o700, "/run": 0o755, "/run/lock": 0o1777,
    "/run/sshd": 0o755, "/run/systemd/system": 0o755, "/run/user/0": 0o700, "/srv": 0o755, "/sys": 0o555, "/sys/kernel/debug": 0o700,
    "/sys/fs/cgroup": 0o755, "/sys/class/net": 0o755, "/sys/class/dmi/id": 0o755, "/sys/block/sda": 0o755, "/tmp": 0o1777,
    "/tmp/.ICE-unix": 0o1777, "/tmp/.X11-unix": 0o1777, "/usr/bin": 0o755, "/usr/games": 0o755, "/usr/include": 0o755,
    "/usr/lib/systemd/system": 0o755, "/usr/lib/x86_64-linux-gnu": 0o755, "/usr/lib/openssh": 0o755, "/usr/lib64": 0o755,
    "/usr/lib32": 0o755, "/usr/libx32": 0o755, "/usr/libexec": 0o755, "/usr/local/bin": 0o755, "/usr/local/etc": 0o755,
    "/usr/local/lib": 0o755, "/usr/local/sbin": 0o755, "/usr/local/share": 0o755, "/usr/local/src": 0o755, "/usr/sbin": 0o755,
    "/usr/share/doc": 0o755, "/usr/share/man": 0o755, "/usr/share/zoneinfo/Etc": 0o755, "/usr/src": 0o755, "/var/backups": 0o755,
    "/var/cache/apt/archives": 0o755, "/var/cache/man": 0o755, "/var/lib/apt/lists": 0o755, "/var/lib/dpkg/info": 0o755,
    "/var/lib/systemd": 0o755, "/var/local": 0o2775, "/var/log/apt": 0o755, "/var/log/journal": 0o2755, "/var/mail": 0o2775,
    "/var/opt": 0o755, "/var/spool/cron/crontabs": 0o1730, "/var/tmp": 0o1777, "/var/www/html": 0o755, "/var/www/intranet": 0o750,
}  # fmt: skip
LINKS = {
    "/bin": "usr/bin", "/sbin": "usr/sbin", "/lib": "usr/lib", "/lib64": "usr/lib64", "/lib32": "usr/lib32",
    "/libx32": "usr/libx32", "/var/run": "/run", "/var/lock": "/run/lock", "/usr/bin/awk": "/etc/alternatives/awk",
    "/etc/alternatives/awk": "/usr/bin/mawk", "/usr/bin/vi": "/usr/bin/vim.tiny", "/usr/bin/pager": "/usr/bin/less",
    "/usr/bin/editor": "/usr/bin/nano", "/usr/bin/nawk": "mawk", "/usr/bin/rbash": "bash", "/usr/bin/pkill": "pgrep",
    "/usr/bin/python3": "python3.9", "/usr/sbin/reboot": "/bin/systemctl", "/usr/sbin/init": "/lib/systemd/systemd",
    "/usr/sbin/poweroff": "/bin/systemctl", "/usr/sbin/shutdown": "/bin/systemctl", "/usr/sbin/halt": "/bin/systemctl",
    "/usr/sbin/ip6tables": "iptables", "/usr/sbin/iptables-save": "iptables", "/usr/sbin/lsmod": "/bin/kmod",
    "/usr/sbin/modprobe": "/bin/kmod", "/usr/sbin/insmod": "/bin/kmod", "/usr/sbin/rmmod": "/bin/kmod", "/usr/bin/slogin": "ssh",
}  # fmt: skip
PROGRAMS = (
    "[ addpart apt apt-cache apt-get apt-key apt-mark arch base32 base64 basename bash bunzip2 busybox bzcat bzip2 cal cat chage "
    "chattr chgrp chmod chown chrt chsh cksum clear cmp comm cp crontab csplit curl cut dash date dd debconf df diff dig dir dircolors dirname "
    "dmesg dnsdomainname domainname dpkg dpkg-deb dpkg-query du echo egrep env expand expr factor fallocate false fgrep file find "
    "findmnt flock fmt fold free fuser getconf getent getopt gpasswd gpg grep groups gunzip gzip head host hostid hostname "
    "hostnamectl iconv id install ionice ip ipcs join journalctl kill killall kmod last lastlog ldd less ln locale locate logger "
    "login loginctl logname ls lsattr lsblk lscpu lsmem lsof lspci lsusb mawk md5sum mesg mkdir mkfifo mknod mktemp more mount "
    "mountpoint mv nano namei nc newgrp nice nl nohup nproc nslookup numfmt od openssl paste passwd patch perl pgrep pidof ping ping6 "
    "pinky pr printenv printf ps pstree ptx pwd pwdx python3.9 readlink realpath renice reset resolvectl rev rm rmdir rsync "
    "run-parts scp screen script sed seq setsid sftp sha1sum sha224sum sha256sum sha512sum shred shuf slabtop sleep sort split "
    "ssh ssh-add ssh-agent ssh-copy-id ssh-keygen ssh-keyscan stat stdbuf strings stty su sudo sum sync systemctl systemd-analyze "
    "systemd-detect-virt tac tail tar taskset tee test time timedatectl timeout tload top touch tput tr true truncate tsort tty "
    "uname unexpand uniq unlink unxz unzip uptime users vdir vim.tiny vmstat w wall watch wc wget whereis which who whoami write "
    "xargs xxd xz xzcat yes zcat zdiff zgrep zless"
).split()
ADMIN_PROGRAMS = (
    "adduser addgroup agetty arp arping badblocks blkid blockdev chpasswd chroot cron ctrlaltdel deluser dhclient dmidecode dumpe2fs "
    "e2fsck ethtool fdisk fsck groupadd groupdel groupmod hwclock ifconfig ifdown ifup invoke-rc.d iptables ldconfig logrotate "
    "losetup mkfs mkfs.ext4 mkswap newusers nologin pivot_root route rsyslogd runuser service sshd sulogin swapoff swapon sysctl "
    "tcpdump traceroute tune2fs update-grub update-rc.d useradd userdel usermod vipw visudo zic"
).split()
LIBRARIES = (
    "libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 libselinux.so.1 libpcre2-8.so.0 libz.so.1 libcrypt.so.1 libssl.so.1.1 "
    "libcrypto.so.1.1 libsystemd.so.0 libpam.so.0 libtinfo.so.6 libresolv.so.2 librt.so.1 libgcc_s.so.1 libstdc++.so.6 ld-2.31.so"
).split()
DIAGNOSTICS = ("bash", "coreutils", "openssh-server", "procps", "apt")
