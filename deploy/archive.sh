#!/bin/sh
# PostgreSQL's archive_command: archive.sh %p %f. Keeps a segment of the write-ahead log, compressed, in $ARCHIVE.
# A segment is there whole or not at all, and is never replaced by another.
set -eu
kept="$ARCHIVE/$2.gz"
if [ -e "$kept" ]; then
    gzip --decompress --stdout "$kept" | cmp --silent - "$1"
    exit
fi
gzip --stdout "$1" >"$kept.unfinished"
sync "$kept.unfinished"
mv "$kept.unfinished" "$kept"
sync "$ARCHIVE"
