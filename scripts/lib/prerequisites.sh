# shellcheck shell=bash
# What Kiavi needs from the machine, and how to get it. Sourced, never run.
#
#   prerequisites_for_run     a Rust toolchain, a C compiler and cmake, PostgreSQL's server
#   prerequisites_for_test    the same, plus npm, Chromium, wrk, systemd in a container, a pinned Node.js and Python's packages
#
# What is already there is left alone. What is missing is installed with apt where that is possible
# without a surprise (as root, or through sudo); otherwise the exact command is printed and we stop.

KIAVI_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
MINIMUM_RUST_MINOR=90
MISSING_PACKAGES=()

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  BOLD=$'\033[1m' RED=$'\033[1;31m' PLAIN=$'\033[0m'
else
  BOLD='' RED='' PLAIN=''
fi

say() { printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$*"; }
stop() {
  printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# want COMMAND PACKAGE...: remembers the packages if the command is not found.
want() {
  local command="$1"
  shift
  have "$command" || MISSING_PACKAGES+=("$@")
}

# The folder with PostgreSQL's server programs. Debian keeps them outside of PATH, one folder a version.
postgres_bindir() {
  local candidate
  if [ -n "${KIAVI_POSTGRES_BIN:-}" ]; then
    printf '%s\n' "$KIAVI_POSTGRES_BIN"
    return
  fi
  while IFS= read -r candidate; do
    if [ -x "$candidate/postgres" ] && [ -x "$candidate/initdb" ]; then
      printf '%s\n' "$candidate"
      return
    fi
  done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort --reverse)
  if have postgres && have initdb; then
    dirname "$(command -v postgres)"
    return
  fi
  return 1
}

# Runs a command as root: directly, or through sudo, which asks for a password only on a terminal.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    sudo "$@"
  else
    return 126
  fi
}

install_missing() {
  [ "${#MISSING_PACKAGES[@]}" -eq 0 ] && return
  local command="apt-get install -y --no-install-recommends ${MISSING_PACKAGES[*]}"
  have apt-get || stop "these are missing: ${MISSING_PACKAGES[*]} (Debian's names); install them and start again"
  say "installing ${MISSING_PACKAGES[*]}"
  if ! as_root true; then
    stop "root is needed once, to install packages. Run:  sudo apt-get update && sudo $command"
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  # shellcheck disable=SC2086 # one word for each package
  as_root env DEBIAN_FRONTEND=noninteractive $command -qq >/dev/null ||
    stop "apt-get could not install them. Try by hand:  sudo $command"
  MISSING_PACKAGES=()
}

# A Rust toolchain, recent enough; it is not ours to install.
check_rust() {
  # shellcheck source=/dev/null
  [ ! -r "${HOME:-/root}/.cargo/env" ] || . "${HOME:-/root}/.cargo/env"
  have cargo || stop "no Rust toolchain. Install one from https://rustup.rs, then start again"
  local minor
  minor="$(rustc --version | sed -E 's/^rustc 1\.([0-9]+)\..*/\1/')"
  [ "$minor" -ge "$MINIMUM_RUST_MINOR" ] 2>/dev/null ||
    stop "$(rustc --version) is too old, 1.$MINIMUM_RUST_MINOR or newer is needed:  rustup update"
}

check_rust_components() {
  local component
  for component in fmt clippy; do
    cargo "$component" --version >/dev/null 2>&1 && continue
    have rustup || stop "cargo $component is missing; install it as your Rust toolchain came"
    rustup component add "${component/fmt/rustfmt}"
  done
}

prerequisites_for_run() {
  check_rust
  want cc build-essential
  want cmake cmake
  postgres_bindir >/dev/null || MISSING_PACKAGES+=(postgresql)
  install_missing
}

prerequisites_for_test() {
  prerequisites_for_run
  check_rust_components
  want npm npm
  want chromium chromium fonts-dejavu-core
  want certutil libnss3-tools
  want wrk wrk
  want systemd-nspawn systemd-container
  want pebble pebble
  want python3 python3
  python3 -c 'import ensurepip, venv' 2>/dev/null || MISSING_PACKAGES+=(python3-venv)
  install_missing
}

# The tests' packages exactly as locked, with a Node.js of their own: the result does not depend on the
# version that the machine happens to have. Sets NODE.
install_node_packages() {
  local tests="$KIAVI_ROOT/tests" architecture stamp
  case "$(uname -m)" in
    x86_64) architecture=x64 ;;
    aarch64) architecture=arm64 ;;
    *) stop "no pinned Node.js for $(uname -m)" ;;
  esac
  stamp="$tests/node_modules/.installed"
  if [ ! -e "$stamp" ] || ! cmp -s "$stamp" "$tests/package-lock.json"; then
    say "installing the tests' npm packages"
    (cd "$tests" && npm ci --no-fund --no-audit --loglevel=error)
    cp "$tests/package-lock.json" "$stamp"
  fi
  NODE="$tests/node_modules/node-linux-$architecture/bin/node"
  [ -x "$NODE" ] || stop "$NODE is missing; remove tests/node_modules and start again"
  export NODE
}

# The tests' Python packages exactly as locked, in an environment of their own. Sets SCHEMATHESIS and SSLYZE. The latter comes
# as source only: what builds it is locked as well, and there before it.
install_python_packages() {
  local tests="$KIAVI_ROOT/tests" environment="$KIAVI_ROOT/target/python" lock
  local locks=("$tests/api/requirements.txt" "$tests/isolation/build-requirements.txt" "$tests/isolation/requirements.txt")
  if ! cat "${locks[@]}" | cmp -s "$environment/.installed" -; then
    say "installing the tests' Python packages"
    rm -rf "$environment"
    python3 -m venv "$environment"
    for lock in "${locks[@]}"; do
      "$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-build-isolation \
        --only-binary :all: --no-binary sslyze -r "$lock"
    done
    cat "${locks[@]}" >"$environment/.installed"
  fi
  SCHEMATHESIS="$environment/bin/schemathesis"
  SSLYZE="$environment/bin/sslyze"
  export SCHEMATHESIS SSLYZE
}
