# shellcheck shell=bash
#
# The release build, the same wherever it is made, so that Tools/run, Tools/test and Tools/bench share it.

# The executables people use, with Swift's own library inside: they run where no toolchain is.
readonly RELEASE_PRODUCTS=(sallyportd sallyport sallyport-load)

# Runs swift build with its progress for a terminal. A log gets only what it said before it failed: what our own
# code could be warned of is an error already, and the linker has remarks of its own about the static library.
swift_build() {
  local said
  if [[ -t 1 ]]; then
    swift build "$@"
  elif ! said=$(swift build --quiet "$@" 2>&1); then
    printf '%s\n' "$said" >&2
    return 1
  fi
}

# Builds what is shipped into .build/release.
build_release() {
  local product
  for product in "${RELEASE_PRODUCTS[@]}"; do
    swift_build -c release --static-swift-stdlib --product "$product"
  done
}
