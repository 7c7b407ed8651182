#!/bin/sh
# The entry of a container function: Lambda says where its Runtime API is; elsewhere the emulator serves one.
if [ -z "$AWS_LAMBDA_RUNTIME_API" ]; then
  exec /usr/local/bin/aws-lambda-rie /var/runtime/bootstrap "$@"
fi
exec /var/runtime/bootstrap "$@"
