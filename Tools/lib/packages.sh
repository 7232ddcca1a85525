# shellcheck shell=bash
#
# The Debian packages each purpose needs, and their installation: only what is missing, without questions, and
# without starting a service on the host.

# To compile and link: liburing and libnuma with their headers, and what Swift's own linker step asks for.
readonly PACKAGES_BUILD=(liburing-dev libnuma-dev pkg-config git g++ libc6-dev binutils)

# To raise the lab and to talk through the gateway with real programs.
readonly PACKAGES_LAB=(
  iproute2 nftables conntrack ethtool iputils-ping curl nginx-light iperf3 bind9-dnsutils dnsmasq-base traceroute
  tshark tcpdump nfdump python3 procps util-linux
  vsftpd lftp tftpd-hpa tftp-hpa atftp bind9 bind9-utils dnsperf openssl
  sip-tester kamailio baresip-core linphone-cli
)

# Prints those of the named packages that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
  done
}

# Installs what is missing of the named packages.
install_packages() {
  local -a missing
  if ! command -v dpkg-query >/dev/null; then
    warn 'this is not Debian, so nothing is installed here. Needed, by their Debian names:'
    warn "$*"
    return
  fi
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} > 0)) || return 0
  ((EUID == 0)) || die "Debian packages are missing: ${missing[*]}" "Run: sudo apt-get install ${missing[*]}"

  say "Installing ${missing[*]}"
  local log
  log=$(mktemp)
  if ! apt_quietly "${missing[@]}" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die 'apt-get could not install them.' "Try: apt-get update && apt-get install ${missing[*]}"
  fi
  rm -f "$log"
  local package
  for package in "${missing[@]}"; do
    case $package in
      nginx-light) keep_service_off nginx ;;
      bind9) keep_service_off named ;;
      nfdump | vsftpd | tftpd-hpa | kamailio) keep_service_off "$package" ;;
    esac
  done
}

# The lab's servers run in its namespaces. A service that starts on the host because its package was installed
# would be a surprise, so a policy that forbids starting stands while apt-get runs.
apt_quietly() {
  local policy=/usr/sbin/policy-rc.d ours=false status=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    ours=true
  fi
  apt-get update -q || status=$?
  if ((status == 0)); then
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" || status=$?
  fi
  ! $ours || rm -f "$policy"
  return "$status"
}

# A service that came with a package just installed shall not start with the next boot either.
keep_service_off() {
  if [[ -d /run/systemd/system ]]; then
    systemctl --quiet disable --now "$1" 2>/dev/null || true
  elif command -v update-rc.d >/dev/null; then
    update-rc.d "$1" disable >/dev/null 2>&1 || true
  fi
}
