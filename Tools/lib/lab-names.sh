# shellcheck shell=bash
#
# Who is in a lab, by which names and addresses, and where its state lies. Every namespace, and the directory with
# pid file, log, socket and configuration, carries the lab's name, so that labs stand side by side. Devices live in
# the namespaces, so their own names need not differ.

readonly LAB_DEFAULT_NAME=sallyport
readonly LAB_STATE_ROOT=/run/sallyport-lab

readonly INSIDE_HOSTS=(alice bob)
# red lives in the routing instance RED, where the same addresses are in use as inside: that is what VRFs are for.
readonly RED_HOSTS=(red)
readonly OUTSIDE_HOSTS=(carol dave)
# Beside the hosts: the segments (a bridge each), and the gateway between them; redgateway is red's own router where
# the kernel is the gateway. None has a hyphen, so that lab and place together never read as a place of another lab.
readonly OTHER_NAMESPACES=(lan redlan wan gateway redgateway)

readonly -A HOST_ADDRESS=(
  [alice]=10.10.10.10 [bob]=10.10.10.11 [red]=10.10.10.10 [carol]=203.0.113.10 [dave]=203.0.113.11
)
readonly GATEWAY_INSIDE=10.10.10.1
readonly GATEWAY_OUTSIDE=203.0.113.1
readonly INSIDE_NETWORK=10.10.10.0/24
readonly OUTSIDE_NETWORK=203.0.113.0/24
# Where red's default route leads; nobody has this address.
readonly ROUTER_OUTSIDE=203.0.113.254
readonly POOL_FIRST=203.0.113.100 POOL_LAST=203.0.113.103
readonly BOB_GLOBAL=203.0.113.50
readonly RED_GLOBAL=203.0.113.60

# Takes the lab's name into use. It becomes part of namespace names and of a socket's path, which has 107 octets.
name_lab() {
  [[ $1 =~ ^[a-z][a-z0-9-]{0,31}$ ]] ||
    usage_error "'$1' is no name for a lab: lower case letters, digits and hyphens, at most 32."
  LAB_NAME=$1
  STATE=$LAB_STATE_ROOT/$LAB_NAME
  PID_FILE=$STATE/sallyportd.pid
  LOG_FILE=$STATE/sallyportd.log
  CONFIG_FILE=$STATE/sallyport.conf
  SOCKET_FILE=$STATE/control.sock
}

# The namespace of a host, a segment or the gateway.
namespace() {
  printf '%s-%s' "$LAB_NAME" "$1"
}

# True when the namespace of $1 exists.
has_namespace() {
  [[ -e /run/netns/$LAB_NAME-$1 ]]
}

# The names of all that may have a namespace in this lab.
all_names() {
  printf '%s\n' "${INSIDE_HOSTS[@]}" "${RED_HOSTS[@]}" "${OUTSIDE_HOSTS[@]}" "${OTHER_NAMESPACES[@]}"
}

# Keeps one fact about the raised lab (peer, topology, socket) for the commands that come later.
remember() {
  printf '%s=%s\n' "$1" "$2" >>"$STATE/facts"
}

# Prints a fact kept by remember, or nothing.
recall() {
  [[ ! -r $STATE/facts ]] || sed -n "s/^$1=//p" "$STATE/facts" | tail -n 1
}
