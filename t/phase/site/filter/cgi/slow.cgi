#!/bin/sh
# Waits between its two lines until the file that it is told of is there.
cat >/dev/null
printf 'Content-Type: text/plain\r\n\r\none\n'
while [ ! -e "$QUERY_STRING" ]; do
    sleep 0.05
done
echo two
