#!/bin/sh
# What a capture gives to CGI, and takes from it.
echo "Status: ${QUERY_STRING:-200}"
echo "Content-Type: text/x-cgi"
echo "X-Cgi: yes"
echo
echo "$REQUEST_METHOD ${CONTENT_LENGTH:--} $(cat)"
