# The calls of a runtime that a test plays with a shell: literal bytes over a socket.

export LC_ALL=C
exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"

# Reads a reply: its status to $status, its body to $body, the ids among its headers to $id and
# $extension.
reply() {
  local line length=0
  read -r -u 3 line status line
  while IFS= read -r -u 3 line && line=${line%$'\r'} && [ -n "$line" ]; do
    case "${line,,}" in
      content-length:*) length=${line#*: } ;;
      lambda-runtime-aws-request-id:*) id=${line#*: } ;;
      lambda-extension-identifier:*) extension=${line#*: } ;;
    esac
  done
  body=
  if [ "$length" -gt 0 ]; then IFS= read -r -N "$length" -u 3 body; fi
}

# get PATH [HEADERS]
ask() { printf "GET $1 HTTP/1.1\r\nHost: x\r\n${2-}\r\n" >&3; }
get() { ask "$@"; reply; }

# post PATH HEADERS BODY
post() {
  printf "POST $1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${#3}\r\n$2\r\n%s" "$3" >&3
  reply
}

next() { get /2018-06-01/runtime/invocation/next; }

respond() { post "/2018-06-01/runtime/invocation/$id/response" '' "$1"; }

# stream [HEADERS]: begins a streamed response.
stream() {
  printf "POST /2018-06-01/runtime/invocation/$id/response HTTP/1.1\r\nHost: x\r\n" >&3
  printf "Lambda-Runtime-Function-Response-Mode: streaming\r\n" >&3
  printf "Transfer-Encoding: chunked\r\n${1-}\r\n" >&3
}

# chunk SIZE BYTES: the size in hexadecimal, the bytes with escapes as printf has them.
chunk() { printf "$1\r\n$2\r\n" >&3; }

# finish [TRAILERS]: ends a streamed response.
finish() {
  printf "0\r\n${1-}\r\n" >&3
  reply
}

# Registers an internal extension, and has it wait for events in another process.
register() {
  post /2020-01-01/extension/register 'Lambda-Extension-Name: x\r\n' '{"events":[]}'
  (
    exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
    get /2020-01-01/extension/event/next "Lambda-Extension-Identifier: $extension\r\n"
  ) &
}
