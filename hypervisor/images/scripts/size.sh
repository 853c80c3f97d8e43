#!/bin/bash
# Bytes of what a server would send, 0 when it does not say. size.sh URL CONNECT_SECONDS
case $1 in [hH][tT][tT][pP][sS]:*) protocols==https ;; *) protocols==http,https ;; esac
curl --silent --head --location --http1.1 --proto "$protocols" --proto-redir "$protocols" --connect-timeout "$2" --max-time 30 "$1" 2> /dev/null |
  tr -d '\r' | awk 'tolower($1) ~ /^http\// { size = 0 } tolower($1) == "content-length:" { size = $2 } END { print size + 0 }'
