#!/bin/sh
# A script that leaves its input unread may be cut off.
length=$(cat | wc -c)
printf 'Content-Type: text/plain\r\n\r\n'
echo "$REQUEST_METHOD user=$REMOTE_USER path=$PATH_INFO length=$length"
