# How the scripts beside this folder talk and run their steps. To be sourced; the current directory is the repository's root.

logs=build/logs
mkdir -p "$logs"

say() { printf '%s\n' "$*"; }
complain() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { complain "$*"; exit 1; }

# step NAME COMMAND...: runs it with its output in build/logs/NAME.log, and shows the end of that log only if it fails.
step() {
  local name=$1 started=$SECONDS
  shift
  if "$@" >"$logs/$name.log" 2>&1 </dev/null; then
    say "  $name: done ($((SECONDS - started)) s)"
    return 0
  fi
  complain "$name failed; the end of $logs/$name.log:"
  tail -n 60 "$logs/$name.log" >&2
  return 1
}

# as_root COMMAND...: directly as root, otherwise through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    complain "this needs root: run it as root, or install sudo: $*"
    return 1
  fi
}

# configure PRESET [CMAKE OPTION...]: quick and silent when nothing changed.
configure() {
  local preset=$1
  shift
  if [ -z "${CMAKE_CXX_COMPILER_LAUNCHER:-}" ] && command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  fi
  local system_luajit=ON
  [ -e build/deps/luajit/lib/libluajit-5.1.a ] && system_luajit=OFF
  step "configure-$preset" cmake --preset "$preset" "-DPENSTOCK_SYSTEM_LUAJIT=$system_luajit" "$@"
}

# build PRESET [CMAKE BUILD OPTION...]
build() {
  local preset=$1
  shift
  step "build-$preset" cmake --build --preset "$preset" -j "$(nproc)" "$@"
}
