#!/bin/sh
# Prints the path of an interpreter that can make the environment: Python 3.12 or later, with venv.
# $PYTHON, if set, is the only one tried. A pyenv shim can exist and not run, so each one is run.
set -u

usable() {
    "$1" -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 12); print(sys.executable)' \
        2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then
    usable "$PYTHON" && exit 0
    echo "PYTHON=$PYTHON is not a working Python 3.12 or later with the modules venv and ensurepip." >&2
    exit 1
fi

for candidate in python3.12 python3.13 python3.14 python3 \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python; do
    usable "$candidate" && exit 0
done

cat >&2 <<'END'
No Python 3.12 or later (with the modules venv and ensurepip) was found. Install one, for example
  Ubuntu 24.04 and later, Debian 13:  sudo apt-get install python3-venv
  Fedora:                             sudo dnf install python3.12
  macOS:                              brew install python@3.12
  anywhere, with pyenv:               pyenv install 3.12
or name one: make setup PYTHON=/path/to/python3.12
END
exit 1
