# shellcheck shell=bash
#
# Sallyport as the lab's gateway: its configuration, its process, its devices.

# Prints the lab's own configuration for the topology $1 with the worker cores $2.
generated_configuration() {
  cat <<END
hostname lab
dataplane
 worker-cores $2
 poll adaptive
!
interface inside0
 device tap sp-inside netns $(namespace "$(port_place "$1" inside)")
 ip address $GATEWAY_INSIDE 255.255.255.0
 ip nat inside
!
interface outside0
 device tap sp-outside netns $(namespace "$(port_place "$1" outside)")
 ip address $GATEWAY_OUTSIDE 255.255.255.0
 ip nat outside
!
access-list 10 permit 10.10.10.0 0.0.0.255
ip nat pool OUT $POOL_FIRST $POOL_LAST prefix-length 24
ip nat inside source list 10 pool OUT overload
ip nat inside source static ${HOST_ADDRESS[bob]} $BOB_GLOBAL
END
  [[ $1 != bridged ]] || red_configuration "$1"
  printf 'control-socket %s\n' "$SOCKET_FILE"
}

# Prints what red needs: an instance of its own, whose look-ups for the outside segment go to the global table.
red_configuration() {
  cat <<END
ip vrf RED
!
interface inside1
 device tap sp-red netns $(namespace "$(port_place "$1" red)")
 ip vrf forwarding RED
 ip address $GATEWAY_INSIDE 255.255.255.0
 ip nat inside
!
ip nat inside source static ${HOST_ADDRESS[red]} $RED_GLOBAL vrf RED
ip nat route vrf RED ${OUTSIDE_NETWORK%/*} 255.255.255.0 global
ip route vrf RED 0.0.0.0 0.0.0.0 $ROUTER_OUTSIDE global
END
}

# Makes the user's configuration $1 fit this lab. A file written for the default lab serves a lab of another name:
# its namespaces and its socket follow the name, line by line, so that errors still name the right line. A file
# that fits as it is stays where it is, so that a reload reads what the user edits.
adopted_configuration() {
  local places fitting=$STATE/sallyport.conf
  CONFIG_FILE=$(realpath -e -- "$1")
  places=$(all_names | paste -sd '|')
  sed -E -e "s#(netns )$LAB_DEFAULT_NAME-($places)([[:space:]]|\$)#\\1$LAB_NAME-\\2\\3#" \
    -e "s#$LAB_STATE_ROOT/$LAB_DEFAULT_NAME/#$STATE/#" "$CONFIG_FILE" >"$fitting"
  configured_socket "$fitting" >/dev/null || printf '\ncontrol-socket %s\n' "$SOCKET_FILE" >>"$fitting"
  cmp -s "$CONFIG_FILE" "$fitting" || CONFIG_FILE=$fitting
  SOCKET_FILE=$(configured_socket "$CONFIG_FILE")
}

# Prints the path of the control socket named in the configuration $1, or fails when it names none.
configured_socket() {
  awk '$1 ~ /^control/ { path = $2 } END { print path; exit path == "" }' "$1"
}

# The directory with sallyportd and sallyport.
binaries() {
  printf '%s' "${SALLYPORT_BIN:-$ROOT/.build/release}"
}

# Prints when the process $1 started, in clock ticks since boot: with the pid it names one process for good, while
# a pid alone may have gone to another. Fails when there is no such process or it only waits to be reaped.
process_start() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name may hold spaces and parentheses, so the fields are counted from the last parenthesis on.
  read -r -a stat <<<"${stat##*) }"
  [[ ${stat[0]} != [ZX] ]] || return 1
  printf '%s' "${stat[19]}"
}

# Prints the daemon's pid while the very process this lab started is alive.
daemon_pid() {
  local pid start
  [[ -r $PID_FILE ]] && read -r pid start <"$PID_FILE" && [[ $(process_start "$pid") == "$start" ]] &&
    printf '%s' "$pid"
}

# Starts sallyportd in the gateway's namespace and waits until it answers on its control socket.
start_daemon() {
  local bin pid
  bin=$(binaries)
  [[ -x $bin/sallyportd && -x $bin/sallyport ]] ||
    die "there is no sallyportd and sallyport in $bin." 'Build them: swift build -c release' \
      'or name their directory in SALLYPORT_BIN.'
  rm -f "$SOCKET_FILE"
  mkdir -p "$(dirname "$SOCKET_FILE")"
  # A session of its own, so that Ctrl-C on the terminal is not the daemon's; descriptor 9 is the lab's lock.
  (
    ulimit -l unlimited 2>/dev/null || true
    exec setsid ip netns exec "$(namespace gateway)" "$bin/sallyportd" --config "$CONFIG_FILE"
  ) </dev/null >>"$LOG_FILE" 2>&1 9>&- &
  pid=$!
  printf '%s %s\n' "$pid" "$(process_start "$pid")" >"$PID_FILE"
  await_daemon "$pid" "$bin/sallyport"
}

# Waits, 20 seconds at most, until the daemon answers; shows its log when it does not.
await_daemon() {
  local pid=$1 client=$2 deadline=$((SECONDS + 20))
  while ((SECONDS < deadline)); do
    if [[ -S $SOCKET_FILE ]] && timeout 5 "$client" show workers --socket "$SOCKET_FILE" >/dev/null 2>&1; then
      return 0
    fi
    if ! process_start "$pid" >/dev/null; then
      warn 'sallyportd ended at once. It said:'
      cat "$LOG_FILE" >&2
      return 1
    fi
    sleep 0.05
  done
  warn "sallyportd did not answer on $SOCKET_FILE within 20 seconds. It said:"
  tail -n 40 "$LOG_FILE" >&2
  return 1
}

# Asks the daemon to end, and makes it end when it does not within 5 seconds.
stop_daemon() {
  local pid deadline=$((SECONDS + 5))
  if pid=$(daemon_pid); then
    kill -TERM "$pid"
    while daemon_pid >/dev/null; do
      if ((SECONDS >= deadline)); then
        warn 'sallyportd did not end within 5 seconds and was killed.'
        kill -KILL "$pid"
        break
      fi
      sleep 0.05
    done
  fi
  rm -f "$PID_FILE"
}

# Joins the daemon's TAP devices to the network. Most were made in the right namespace by the configuration; one
# that stayed in the gateway's goes to the side its name tells.
attach_devices() {
  local topology=$1 place device
  for device in $(tap_devices gateway); do
    case $device in
      sp-inside*) place=$(port_place "$topology" inside) ;;
      sp-red*) place=$(port_place "$topology" red) ;;
      sp-outside*) place=$(port_place "$topology" outside) ;;
      *) continue ;;
    esac
    ip -n "$(namespace gateway)" link set "$device" netns "$(namespace "$place")"
  done
  while read -r place; do
    [[ $place != gateway ]] && has_namespace "$place" || continue
    for device in $(tap_devices "$place"); do
      attach_device "$place" "$device"
    done
  done < <(all_names)
}

# Prints the TAP devices in the namespace of $1.
tap_devices() {
  ip -n "$(namespace "$1")" -o link show type tun | awk -F ': ' '{ sub(/@.*/, "", $2); print $2 }'
}
