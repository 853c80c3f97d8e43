#!/bin/sh
# Known counts of primes.
for pair in 10:4 100:25 100000:9592; do
  found=$(./primes "${pair%:*}")
  [ "$found" = "${pair#*:}" ] || { echo "below ${pair%:*}: expected ${pair#*:}, found $found"; exit 1; }
done
