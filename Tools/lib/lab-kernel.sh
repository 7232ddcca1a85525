# shellcheck shell=bash
#
# The kernel as the lab's gateway: the same hosts and addresses, joined by veth through a router namespace with
# nftables, so that any test or benchmark runs against both.

# Wires the gateway's namespace into the topology $1 and makes it translate; $2 is kernel or kernel-helpers.
start_kernel_gateway() {
  local ns
  ns=$(namespace gateway)
  join_router gateway inside0 "$(port_place "$1" inside)"
  join_router gateway outside0 "$(port_place "$1" outside)"
  ip -n "$ns" address add "$GATEWAY_INSIDE/24" dev inside0
  ip -n "$ns" address add "$GATEWAY_OUTSIDE/24" dev outside0
  add_global_addresses "$ns"
  ip netns exec "$ns" sysctl -qw net.ipv4.ip_forward=1
  kernel_ruleset | ip netns exec "$ns" nft -f -
  [[ $2 != kernel-helpers ]] || add_conntrack_helpers "$ns"
  [[ $1 != bridged ]] || start_red_gateway "$2"
}

# Wires the device $2 of the router $1 to $3, which is a segment or a host.
join_router() {
  local router=$1 device=$2 place=$3 port
  port=$(kernel_port "$router" "$place")
  ip -n "$(namespace "$router")" link add "$device" type veth peer name "$port" netns "$(namespace "$place")"
  ip -n "$(namespace "$router")" link set "$device" up
  attach_device "$place" "$port"
}

# The name of the port of the router $1 where it ends at $2: a bridge's port, or the host's only interface.
kernel_port() {
  case $2 in
    lan | redlan | wan) echo "$1" ;;
    *) echo eth0 ;;
  esac
}

# red's addresses are alice's too. Kernels without VRF devices keep them apart by a router of red's own, which stands
# on the outside segment with red's inside global address; $1 is kernel or kernel-helpers.
start_red_gateway() {
  local ns
  make_namespace redgateway
  ns=$(namespace redgateway)
  join_router redgateway inside1 redlan
  join_router redgateway outside0 wan
  ip -n "$ns" address add "$GATEWAY_INSIDE/24" dev inside1
  ip -n "$ns" address add "$RED_GLOBAL/24" dev outside0
  ip -n "$ns" route add default via "$ROUTER_OUTSIDE"
  ip netns exec "$ns" sysctl -qw net.ipv4.ip_forward=1
  ip netns exec "$ns" nft -f - <<END
table ip lab {
  chain incoming {
    type nat hook prerouting priority dstnat;
    iifname "outside0" ip daddr $RED_GLOBAL dnat to ${HOST_ADDRESS[red]}
  }
  chain outgoing {
    type nat hook postrouting priority srcnat;
    oifname "outside0" ip saddr ${HOST_ADDRESS[red]} snat to $RED_GLOBAL
  }
  chain transit {
    type filter hook forward priority filter;
    iifname "outside0" ct state new ct status dnat accept
    iifname "outside0" ct state new drop
  }
}
END
  [[ $1 != kernel-helpers ]] || add_conntrack_helpers "$ns"
}

# The router answers ARP for the addresses it translates to only when they are its own.
add_global_addresses() {
  local last
  for ((last = ${POOL_FIRST##*.}; last <= ${POOL_LAST##*.}; last++)); do
    ip -n "$1" address add "${POOL_FIRST%.*}.$last/32" dev outside0
  done
  ip -n "$1" address add "$BOB_GLOBAL/32" dev outside0
}

# Prints the rules that do what the lab's configuration asks of Sallyport.
kernel_ruleset() {
  cat <<END
table ip lab {
  chain incoming {
    type nat hook prerouting priority dstnat;
    iifname "outside0" ip daddr $BOB_GLOBAL dnat to ${HOST_ADDRESS[bob]}
  }
  chain outgoing {
    type nat hook postrouting priority srcnat;
    oifname "outside0" ip saddr ${HOST_ADDRESS[bob]} snat to $BOB_GLOBAL
    oifname "outside0" ip saddr $INSIDE_NETWORK snat to $POOL_FIRST-$POOL_LAST persistent
  }
  chain transit {
    type filter hook forward priority filter;
    iifname "outside0" ct state new ct status dnat accept
    iifname "outside0" ct state new drop
  }
  chain own {
    type filter hook input priority filter;
    iifname "outside0" ip daddr $POOL_FIRST-$POOL_LAST drop
  }
}
END
}

# The connection tracking helpers, as the kernel calls them, with transport and well-known port.
readonly CONNTRACK_HELPERS=(
  'ftp tcp 21' 'tftp udp 69' 'sip udp 5060' 'sip tcp 5060' 'RAS udp 1719' 'Q.931 tcp 1720' 'pptp tcp 1723'
  'irc tcp 6667' 'snmp udp 161' 'netbios-ns udp 137' 'amanda udp 10080' 'sane tcp 6566'
)

# Gives each well-known port its helper. Kernels differ in what they have, so each is tried alone.
add_conntrack_helpers() {
  local entry helper transport port
  local -a lacking=()
  # After connection tracking has seen the packet (-200), before addresses change (-100).
  ip netns exec "$1" nft 'add chain ip lab helpers { type filter hook prerouting priority -150; }'
  for entry in "${CONNTRACK_HELPERS[@]}"; do
    read -r helper transport port <<<"$entry"
    ip netns exec "$1" nft -f - 2>/dev/null <<END || lacking+=("$helper/$transport")
add ct helper ip lab lab-$transport-$port { type "$helper" protocol $transport; }
add rule ip lab helpers $transport dport $port ct helper set "lab-$transport-$port"
END
  done
  ((${#lacking[@]} == 0)) || warn "this kernel lacks the helpers ${lacking[*]}."
}
