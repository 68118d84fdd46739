#!/bin/sh
# PostgreSQL's restore_command: restore.sh %f %p. Brings a segment back from $ARCHIVE, or fails if it is not there.
set -eu
[ -e "$ARCHIVE/$1.gz" ]
gzip --decompress --stdout "$ARCHIVE/$1.gz" >"$2"
