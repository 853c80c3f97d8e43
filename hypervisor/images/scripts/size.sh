#!/bin/bash
# Bytes of what a server would send, 0 when it does not say. size.sh URL CONNECT_SECONDS
curl --silent --head --location --http1.1 --proto =http,https --proto-redir =http,https --connect-timeout "$2" --max-time 30 "$1" 2> /dev/null |
  tr -d '\r' | awk 'tolower($1) ~ /^http\// { size = 0 } tolower($1) == "content-length:" { size = $2 } END { print size + 0 }'
