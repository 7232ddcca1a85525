# shellcheck shell=bash
#
# What this machine must offer beside packages, each checked on its own so that the answer names what is missing
# and how to get it: root, /dev/net/tun, network namespaces, io_uring, the Swift toolchain.

readonly SWIFT_NEEDED=6.3

# Namespaces, devices and package installation all belong to root.
require_root() {
  ((EUID == 0)) && return
  die 'this needs root: it makes network namespaces and TAP devices.' \
    "Run: sudo env PATH=\"\$PATH\" $PROGRAM $*"
}

# Devices and namespaces the lab is made of.
require_lab_kernel() {
  if [[ ! -c /dev/net/tun ]]; then
    die '/dev/net/tun is missing, so no TAP device can be made.' \
      'Load the driver:      modprobe tun' \
      'In a container, pass: --device /dev/net/tun --cap-add NET_ADMIN --cap-add SYS_ADMIN'
  fi
  local probe="$LAB_NAME-probe-$$"
  if ! ip netns add "$probe" 2>/dev/null; then
    die 'network namespaces cannot be made here.' \
      'In a container, pass: --cap-add SYS_ADMIN --cap-add NET_ADMIN' \
      '                      --security-opt apparmor=unconfined --security-opt seccomp=unconfined'
  fi
  ip netns delete "$probe"
}

# io_uring may be switched off; the daemon then falls back to read and write, so this is advice, not an end.
report_io_uring() {
  # The switch came with Linux 6.6; without it there is nothing to switch off.
  case $(cat /proc/sys/kernel/io_uring_disabled 2>/dev/null || echo 0) in
    0) ;;
    1) warn 'io_uring is kept for privileged processes (kernel.io_uring_disabled = 1): fine for root.' ;;
    *)
      warn 'io_uring is switched off; the daemon falls back to read and write, which costs speed.'
      warn 'Switch it on with: sysctl -w kernel.io_uring_disabled=0'
      ;;
  esac
  if grep -q '^Seccomp:[[:space:]]*2' /proc/self/status; then
    warn 'a seccomp filter is in force, as in a container; if it blocks io_uring the daemon says so and falls back.'
    warn 'To allow it, run the container with: --security-opt seccomp=unconfined'
  fi
}

# True when version $1 is at least version $2.
version_at_least() {
  printf '%s\n%s\n' "$2" "$1" | sort --version-sort --check=quiet
}

# The toolchain is the one thing Debian does not have.
require_swift() {
  local found version
  if ! found=$(command -v swift); then
    die "the Swift $SWIFT_NEEDED toolchain is missing: no swift on PATH." \
      'Install it from https://www.swift.org/install/linux/ (swiftly, or the Debian 12 tarball)' \
      "and make sure root finds it: sudo env PATH=\"\$PATH\" $PROGRAM"
  fi
  version=$("$found" --version 2>/dev/null | grep -oE 'Swift version [0-9]+(\.[0-9]+)+' | grep -oE '[0-9.]+$' || true)
  if [[ -z $version ]] || ! version_at_least "$version" "$SWIFT_NEEDED"; then
    die "$found is Swift ${version:-of unknown version}; Sallyport needs $SWIFT_NEEDED or newer." \
      'Install it from https://www.swift.org/install/linux/'
  fi
}
