# shellcheck shell=bash
#
# The release build, the same wherever it is made, so that Tools/run, Tools/test and Tools/bench share it.

# The executables people use, with Swift's own library inside: they run where no toolchain is.
readonly RELEASE_PRODUCTS=(sallyportd sallyport sallyport-load)

# Runs swift with progress for a terminal; a log gets only what went wrong.
swift_build() {
  if [[ -t 1 ]]; then
    swift build "$@"
  else
    swift build --quiet "$@"
  fi
}

# Builds what is shipped into .build/release.
build_release() {
  local product
  for product in "${RELEASE_PRODUCTS[@]}"; do
    swift_build -c release --static-swift-stdlib --product "$product"
  done
}
