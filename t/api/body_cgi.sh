#!/bin/sh
printf 'Content-Type: text/plain\n\n'
printf 'length %s: ' "$CONTENT_LENGTH"
head -c "${CONTENT_LENGTH:-0}"
