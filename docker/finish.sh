#!/bin/sh
# finish.sh FOLDER: what a room needs no more goes, and the rest is compiled: with a read-only root nobody can later.
set -eu
site=$(echo "$1"/lib/python3*/site-packages)
find "$site" -type d -name tests -prune -exec rm -rf {} +
find "$site" -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' -o -name '*.a' \) -delete
# Symbols for debuggers are a fifth of it. Libraries beside a wheel were moved there by patchelf and bear no more change.
find "$site" -type f -name '*.so*' -size +300k -not -path '*.libs/*' -not -path '*/torch/*' -exec strip --strip-unneeded {} +
# The time stamps of files in a layer are the builder's, so bytecode is checked by nothing.
python3 -m compileall -q -j 1 --invalidation-mode unchecked-hash "$site"
chmod -R a-w,a+rX "$1"
