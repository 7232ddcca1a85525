# shellcheck shell=bash
#
# The lab's network: namespaces, hosts, and the segments that join them.
#
# bridged: each segment is a namespace holding a bridge, with one veth per host and the gateway's port in it.
# direct:  alice and carol only; the gateway's port is the host's own interface, so that a benchmark measures the
#          gateway and not a bridge.

# Makes the namespace of $1, quiet: no IPv6 chatter that would blur captures and drop counters, and no setting
# inherited from the machine's own routing.
make_namespace() {
  local ns
  ns=$(namespace "$1")
  ip netns add "$ns"
  ip netns exec "$ns" sysctl -qw \
    net.ipv4.ip_forward=0 \
    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
  if ip netns exec "$ns" test -e /proc/sys/net/ipv6; then
    ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  fi
  ip -n "$ns" link set lo up
}

# Makes a segment: a namespace with an empty bridge that forwards at once and keeps to itself.
make_segment() {
  local ns
  ns=$(namespace "$1")
  make_namespace "$1"
  ip -n "$ns" link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  ip -n "$ns" link set br0 up
  # Where the bridge offers its frames to the packet filter, they cost time and meet no rule: leave them alone.
  ip netns exec "$ns" sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>/dev/null || true
}

# Puts the host $1 on the segment $2.
join_segment() {
  local host=$1 segment
  segment=$(namespace "$2")
  ip -n "$segment" link add "$host" type veth peer name eth0 netns "$(namespace "$host")"
  ip -n "$segment" link set "$host" master br0 up
  address_host "$host" eth0
}

# Gives the host $1 its address on its device $2; inside hosts know the gateway, outside hosts only their segment.
address_host() {
  local host=$1 device=$2 ns
  ns=$(namespace "$host")
  ip -n "$ns" link set "$device" up
  ip -n "$ns" address replace "${HOST_ADDRESS[$host]}/24" dev "$device"
  case $host in
    alice | bob | red) ip -n "$ns" route replace default via "$GATEWAY_INSIDE" dev "$device" ;;
  esac
}

# Makes every namespace of the topology $1, and the hosts' side of the network.
make_network() {
  local host
  make_namespace gateway
  case $1 in
    bridged)
      make_segment lan
      make_segment redlan
      make_segment wan
      for host in "${INSIDE_HOSTS[@]}"; do
        make_namespace "$host"
        join_segment "$host" lan
      done
      for host in "${RED_HOSTS[@]}"; do
        make_namespace "$host"
        join_segment "$host" redlan
      done
      for host in "${OUTSIDE_HOSTS[@]}"; do
        make_namespace "$host"
        join_segment "$host" wan
      done
      ;;
    direct)
      make_namespace alice
      make_namespace carol
      ;;
  esac
}

# Where the gateway's inside, red or outside port ends in the topology $1: a segment, or the host itself.
port_place() {
  case $1-$2 in
    bridged-inside) echo lan ;;
    bridged-red) echo redlan ;;
    bridged-outside) echo wan ;;
    direct-inside) echo alice ;;
    direct-outside) echo carol ;;
  esac
}

# Joins the device $2, which is in the namespace of $1, to what is there: a bridge's port or a host's interface.
attach_device() {
  case $1 in
    lan | redlan | wan) ip -n "$(namespace "$1")" link set "$2" master br0 up ;;
    *) address_host "$1" "$2" ;;
  esac
}

# Removes the lab's namespaces, and with them their devices. Only the known names: another lab may be called
# like this one with a hyphen and more.
remove_network() {
  local name
  while read -r name; do
    ! has_namespace "$name" || ip netns delete "$(namespace "$name")"
  done < <(all_names)
}
