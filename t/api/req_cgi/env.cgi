#!/bin/sh
# What a script sees of the request, and nothing else of its environment.
printf 'Content-Type: text/plain\r\n\r\n'
env | grep -E '^(HTTP_X_|HTTP_COOKIE|HTTP_HOST|HTTP_CONTENT|CONTENT_|QUERY_STRING|REQUEST_|SCRIPT_NAME|PATH_INFO|X_ENV)' \
    | grep -v REQUEST_SCHEME | LC_ALL=C sort
printf 'body: '
cat
