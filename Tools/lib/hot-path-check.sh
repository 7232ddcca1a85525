#!/usr/bin/env bash
#
# Looks at the machine code that every packet of an established session runs through, and fails if it counts
# references, allocates, or checks exclusive access at run time.
#
#   Tools/lib/hot-path-check.sh BINARY
#
# It begins at Translator.process in a release BINARY and follows direct calls into the translator's own floors, but
# not into the functions that only a packet without a session, a refused one or a stale neighbour reaches.

set -euo pipefail

binary=${1:?usage: hot-path-check.sh BINARY}
entry='\$s11Translation10TranslatorV7process_[^ ]*F$'
floors='^\$s(11Translation|10Forwarding|11WireFormats)'
cold='decideWithoutCandidate|lookUpNextHop|TranslatorV5fault|prepareAdmission'
forbidden='swift_(retain|release|bridgeObject(Retain|Release)|allocObject|deallocObject|beginAccess|endAccess|once|get[A-Za-z]*Metadata|slowAlloc|slowDealloc|isUniquelyReferenced[A-Za-z_]*|initStackObject|task_alloc)|malloc|calloc|realloc|posix_memalign'

command -v objdump >/dev/null || { echo "hot-path-check: objdump is missing (package binutils)" >&2; exit 2; }

start=$(nm "$binary" | awk '{ print $NF }' | grep -E "$entry" | head -1 || true)
[ -n "$start" ] || { echo "hot-path-check: $binary has no symbol of Translator.process" >&2; exit 2; }

# The check must be able to see what it looks for: somewhere in the binary there is a retain, under its name.
calls() { objdump -d --no-show-raw-insn "$@" "$binary" | sed -nE 's/.*(call|jmp)q? +[0-9a-f]+ <([^>+]+)(@plt)?>.*/\2/p'; }
[ "$(calls | grep -cE '^swift_retain')" -gt 0 ] || { echo "hot-path-check: the binary's calls have no names" >&2; exit 2; }

failed=0
declare -A seen
queue=("$start")
while [ ${#queue[@]} -gt 0 ]; do
  symbol=${queue[0]}
  queue=("${queue[@]:1}")
  [ -z "${seen[$symbol]:-}" ] || continue
  seen[$symbol]=1
  while read -r target; do
    [ -n "$target" ] || continue
    target=${target%@plt}
    if [[ $target =~ ^($forbidden) ]]; then
      echo "hot-path-check: $target is called from $symbol" >&2
      failed=1
    elif [[ $target =~ $floors && ! $target =~ $cold ]]; then
      queue+=("$target")
    fi
  done < <(calls --disassemble="$symbol" | sort -u)
done

count=$(objdump -d --no-show-raw-insn --disassemble="$start" "$binary" | grep -cE '^ +[0-9a-f]+:' || true)
[ "$count" -ge 100 ] || { echo "hot-path-check: Translator.process has only $count instructions" >&2; exit 2; }
[ $failed -eq 0 ] || exit 1
echo "hot-path-check: ${#seen[@]} functions of the packet path neither count references nor allocate"
printf '  %s\n' "${!seen[@]}" | { swift demangle -compact 2>/dev/null || cat; }
