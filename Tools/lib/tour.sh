# shellcheck shell=bash
#
# The tour: real servers outside and inside, real clients on the other side, and what the gateway has to say
# about it afterwards. Each step is bounded in time and counted when it fails.

TOUR_DIRECTORY=''
TOUR_PIDS=()
TOUR_FAILURES=0

# A command for the host $1 in the lab.
on() {
  local host=$1
  shift
  "$ROOT/Tools/lab" --name "$LAB_NAME" exec "$host" "$@"
}

# Starts a server on the host $1; it ends with the tour.
serve() {
  local ns
  ns=$(namespace "$1")
  shift
  # Not through Tools/lab: the pid to end later must be the server's own.
  ip netns exec "$ns" "$@" </dev/null >>"$TOUR_DIRECTORY/servers.log" 2>&1 &
  TOUR_PIDS+=("$!")
}

# Web server on the host $1 that tells each client the address it comes from.
serve_web() {
  local directory=$TOUR_DIRECTORY/nginx-$1
  mkdir -p "$directory"
  cat >"$directory/nginx.conf" <<END
daemon off;
master_process off;
user root;
pid $directory/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path $directory;
  proxy_temp_path $directory;
  fastcgi_temp_path $directory;
  uwsgi_temp_path $directory;
  scgi_temp_path $directory;
  server {
    listen 80;
    location / { return 200 "This is $1. You come from \$remote_addr.\n"; }
  }
}
END
  serve "$1" nginx -p "$directory" -e stderr -c "$directory/nginx.conf"
}

# Starts all servers and waits, 5 seconds at most, until each listens.
start_servers() {
  TOUR_DIRECTORY=$(mktemp -d)
  serve_web carol
  serve_web bob
  serve carol dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= \
    --bind-interfaces --listen-address=203.0.113.10 --address=/www.lab.example/203.0.113.10
  serve carol iperf3 --server
  await_listener carol 80
  await_listener bob 80
  await_listener carol 53
  await_listener carol 5201
}

# Waits until something on the host $1 listens on the TCP port $2.
await_listener() {
  local deadline=$((SECONDS + 5))
  until [[ -n $(on "$1" ss -Hltn "sport = :$2") ]]; do
    if ((SECONDS >= deadline)); then
      cat "$TOUR_DIRECTORY/servers.log" >&2
      die "the server on port $2 of $1 did not start."
    fi
    sleep 0.05
  done
}

# Ends the servers the tour started, and waits for them.
stop_servers() {
  ((${#TOUR_PIDS[@]} == 0)) || kill "${TOUR_PIDS[@]}" 2>/dev/null || true
  wait "${TOUR_PIDS[@]}" 2>/dev/null || true
  TOUR_PIDS=()
  [[ -z $TOUR_DIRECTORY ]] || rm -rf "$TOUR_DIRECTORY"
}

# One step: runs a command on the host $2, 30 seconds at most, and shows the lines that match $1; all of them when
# it fails. A command that ends well without such a line has failed too.
step() {
  local keep=$1 host=$2 output
  shift 2
  printf '\n%s%s$%s %s\n' "$BOLD" "$host" "$PLAIN" "$*"
  if output=$(on "$host" timeout 30 "$@" 2>&1) && grep -qE "$keep" <<<"$output"; then
    grep -E "$keep" <<<"$output" | sed 's/^/  /'
  else
    sed 's/^/  /' <<<"$output"
    failed_step
  fi
}

failed_step() {
  printf '  %sfailed%s\n' "$RED" "$PLAIN"
  TOUR_FAILURES=$((TOUR_FAILURES + 1))
}

# Asks the gateway itself; long listings are cut short.
ask() {
  local output
  printf '\n%s$%s sallyport %s\n' "$BOLD" "$PLAIN" "$*"
  if output=$(timeout 30 "$(binaries)/sallyport" "$@" --socket "$SOCKET_FILE" 2>&1) && [[ -n $output ]]; then
    awk 'NR <= 24 { print "  " $0 } END { if (NR > 24) print "  … and " NR - 24 " more lines" }' <<<"$output"
  else
    sed 's/^/  /' <<<"$output"
    failed_step
  fi
}

tour() {
  heading 'Traffic from inside, translated to the pool'
  step 'packets|rtt' alice ping -q -c 3 -i 0.2 203.0.113.10
  step 'come from 203\.0\.113\.10[0-3]' alice curl -sS http://203.0.113.10/
  step 'come from 203\.0\.113\.50' bob curl -sS http://203.0.113.10/
  step 'come from 203\.0\.113\.60' red curl -sS http://203.0.113.10/
  step '^203\.0\.113\.10$' alice dig +short +tries=1 @203.0.113.10 www.lab.example
  step '^203\.0\.113\.10$' alice dig +tcp +short +tries=1 @203.0.113.10 www.lab.example
  step '^ *[0-9]+ ' alice traceroute -n -q 1 -w 1 -N 1 203.0.113.10
  step 'receiver' alice iperf3 --client 203.0.113.10 --time 3
  step 'receiver' alice iperf3 --client 203.0.113.10 --time 3 --reverse
  step 'receiver' bob iperf3 --client 203.0.113.10 --time 3 --udp --bitrate 200M --length 1400

  heading "Traffic from outside, to bob's static address"
  step 'packets|rtt' dave ping -q -c 3 -i 0.2 203.0.113.50
  step 'This is bob' dave curl -sS http://203.0.113.50/

  heading 'Between hosts inside, by the addresses that outside knows'
  step 'come from 203\.0\.113\.10[0-3]' alice curl -sS http://203.0.113.50/

  heading 'What the gateway has seen'
  ask show ip nat translations
  ask show ip nat translations vrf RED
  ask show ip nat statistics
  ask show workers
  ask show drops
}
