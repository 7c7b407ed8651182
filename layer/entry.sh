#!/bin/sh
# The entry of a container function: Lambda says where its Runtime API is; elsewhere the emulator serves one.
#
#   lambda-entry [HANDLER [ARGUMENT...]]
#
# The handler is `_HANDLER` where Lambda sets it, else the first argument (CMD of the image, or what
# the function's settings put in its place), else LAMBDA_HANDLER.
set -eu

runtime=/var/runtime/bootstrap
# Where AWS's base image has it, then where `--volume ~/.aws-lambda-rie:/aws-lambda` puts it.
emulators="/usr/local/bin/aws-lambda-rie /aws-lambda/aws-lambda-rie"

say() {
  printf 'lambda-entry: %s\n' "$*" >&2
}

if [ ! -x "$runtime" ]; then
  say "the runtime is not in this image: build it FROM Moonlayer's image, or COPY $runtime from there"
  exit 1
fi

named=yes
if [ -z "${_HANDLER:-}" ] && [ -z "${1:-}" ]; then
  # An empty first argument names nothing, like an empty _HANDLER.
  if [ $# -gt 0 ]; then
    shift
  fi
  if [ -n "${LAMBDA_HANDLER:-}" ]; then
    set -- "$LAMBDA_HANDLER" "$@"
  else
    named=no
    say "no handler: name it as CMD in the Dockerfile, like CMD [\"hello.handler\"], as the argument" \
      "after the image's name, or in LAMBDA_HANDLER"
  fi
fi

if [ -n "${AWS_LAMBDA_RUNTIME_API:-}" ]; then
  # Also without a handler: the runtime reports it to Lambda.
  exec "$runtime" "$@"
fi

if [ $named = no ]; then
  exit 1
fi
# The emulator would take the last argument for the handler.
export _HANDLER="${_HANDLER:-$1}"
for emulator in $emulators; do
  if [ -x "$emulator" ]; then
    exec "$emulator" "$runtime" "$@"
  fi
done
say "AWS_LAMBDA_RUNTIME_API is not set, so this is not Lambda, and there is no emulator to stand in for it:" \
  "install aws-lambda-rie (https://github.com/aws/aws-lambda-runtime-interface-emulator) as" \
  "/usr/local/bin/aws-lambda-rie, or mount its folder: --volume ~/.aws-lambda-rie:/aws-lambda"
exit 1
