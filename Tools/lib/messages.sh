# shellcheck shell=bash
#
# How the scripts in Tools speak: what they do goes to standard output, what went wrong to standard error, and
# every failure names its remedy. Colour only where a terminal reads it.

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
  BOLD='' DIM='' GREEN='' RED='' PLAIN=''
fi

# One chapter of a script's work.
heading() {
  printf '\n%s== %s%s\n' "$BOLD" "$*" "$PLAIN"
}

# One thing done.
say() {
  printf '%s\n' "$*"
}

# Something is missing or odd, and the script goes on.
warn() {
  printf '%s: %s\n' "$PROGRAM" "$*" >&2
}

# Something is missing and the script cannot go on; further arguments are the remedy, a line each.
die() {
  warn "$1"
  shift
  local line
  for line in "$@"; do
    printf '  %s\n' "$line" >&2
  done
  exit 1
}

# A command line that does not make sense: the exit code shells use for it.
usage_error() {
  warn "$1"
  printf '  see %s --help\n' "$PROGRAM" >&2
  exit 2
}

# The comment block at the top of the script $1 is its help text.
print_help() {
  awk 'NR == 1 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$1"
}
